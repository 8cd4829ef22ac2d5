"""What happens to a file while it is still arriving, and how a refused one is answered.

May import: area, conf, errors.

    FILE_UPLOAD_HANDLERS   SizeLimitHandler, SpoolHandler: whole forms, whole files, or an error
    MIDDLEWARE             InterruptedUploads, UploadErrors
"""

from media_staging.uploads.handlers import SizeLimitHandler, SpoolHandler
from media_staging.uploads.middleware import InterruptedUploads, UploadErrors

__all__ = ["InterruptedUploads", "SizeLimitHandler", "SpoolHandler", "UploadErrors"]
