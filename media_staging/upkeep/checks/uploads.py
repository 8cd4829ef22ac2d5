"""What reads a form before `UploadErrors` is asked decides what an upload is answered with."""

from typing import Any

from django.conf import settings
from django.core import checks

OURS = "media_staging.uploads.UploadErrors"


@checks.register("media_staging")
def check_uploads(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    if OURS not in settings.MIDDLEWARE[:-1]:
        return []
    return [
        checks.Warning(
            f"{OURS} is not the last entry of MIDDLEWARE: an upload that is not taken while "
            "another one reads the form, as the CSRF check does, is answered without its reason.",
            hint=f"Move {OURS!r} to the end of MIDDLEWARE.",
            id="media_staging.W005",
        )
    ]
