"""The tables: one row per stored file, and what is remembered of places and of what is gone.

May import: clock, errors, fixtures, remotes, states.
"""

from media_staging.models.files import (
    PREVIEW_SIDE,
    THUMBNAIL_SIDE,
    StagedFile,
    StagedFileQuerySet,
)
from media_staging.models.installation import Installation, StagingArea
from media_staging.models.key_hashes import EndedFile, ForeignObject
from media_staging.models.leftovers import Leftover
from media_staging.models.places import Place, RemoteHealth

__all__ = [
    "PREVIEW_SIDE",
    "THUMBNAIL_SIDE",
    "EndedFile",
    "ForeignObject",
    "Installation",
    "Leftover",
    "Place",
    "RemoteHealth",
    "StagedFile",
    "StagedFileQuerySet",
    "StagingArea",
]
