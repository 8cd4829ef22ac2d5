"""What happens to a file while it is still arriving, before any view sees it."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler

from media_staging.conf import conf


class SizeLimitHandler(FileUploadHandler):
    """Keeps at most one byte more than `MAX_UPLOAD_BYTES` of a file; the intake then refuses it.

    First in `FILE_UPLOAD_HANDLERS`: the rest of an endless upload costs neither memory nor disk.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.room = conf().MAX_UPLOAD_BYTES + 1

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        kept = raw_data[: self.room]
        self.room -= len(kept)
        return kept or None

    def file_complete(self, file_size: int) -> None:
        """Another handler makes the file."""
