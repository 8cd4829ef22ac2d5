"""Our upload handlers need somebody to answer for them, and somebody who takes the file."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks

OURS = "media_staging.uploads.UploadErrors"
SPOOL = "media_staging.uploads.SpoolHandler"
IN_MEMORY = "django.core.files.uploadhandler.MemoryFileUploadHandler"


@checks.register("media_staging")
def check_uploads(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    return [*middleware(), *handlers()]


def middleware() -> Iterator[checks.CheckMessage]:
    if OURS in settings.MIDDLEWARE[:-1]:
        yield checks.Warning(
            f"{OURS} is not the last entry of MIDDLEWARE: an upload that is not taken while "
            "another one reads the form, as the CSRF check does, is answered without its reason.",
            hint=f"Move {OURS!r} to the end of MIDDLEWARE.",
            id="media_staging.W005",
        )
    if OURS not in settings.MIDDLEWARE and any(map(is_ours, settings.FILE_UPLOAD_HANDLERS)):
        yield checks.Warning(
            "FILE_UPLOAD_HANDLERS has handlers of media_staging, but nobody answers for them: a "
            "file that is too large for a plain field, or finds no disk, is a server error (500).",
            hint=f"Add {OURS!r} at the end of MIDDLEWARE.",
            id="media_staging.W006",
        )


def handlers() -> Iterator[checks.CheckMessage]:
    """One that only counts takes nothing, and Django's for the memory takes small files only."""
    named = settings.FILE_UPLOAD_HANDLERS
    takers = [name for name in named if not counts_only(name)]
    if len(takers) < len(named) and set(takers) <= {IN_MEMORY}:
        lost = "files that are too large for the memory are" if takers else "every file is"
        yield checks.Warning(
            f"No entry of FILE_UPLOAD_HANDLERS takes a file of any size: {lost} missing in forms "
            "and views, as if none had been sent.",
            hint=f"Add {SPOOL!r} at the end of FILE_UPLOAD_HANDLERS.",
            id="media_staging.W007",
        )


def is_ours(handler: str) -> bool:
    return handler.startswith("media_staging.uploads.")


def counts_only(handler: str) -> bool:
    return is_ours(handler) and handler.endswith(".SizeLimitHandler")
