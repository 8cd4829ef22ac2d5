"""Local-first media for Django: uploads land on the local disk, then move to S3 by themselves.

from media_staging import stage
file = stage(upload)      # durable here and now; `file.url` works from now on
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.core.files.base import File

    from media_staging.models import StagedFile

__all__ = ["stage"]


def stage(
    file: "File", *, folder: str = "files", images_only: bool = False, keep: bool = False
) -> "StagedFile":
    """Take one file for good; see `intake.receiving.stage`. Usable once apps are loaded."""
    from media_staging.intake import receiving

    return receiving.stage(file, folder=folder, images_only=images_only, keep=keep)
