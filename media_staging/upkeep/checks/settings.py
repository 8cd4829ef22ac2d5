"""A setting that cannot work stops start-up, with a hint."""

from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from media_staging import remotes
from media_staging.conf import conf


@checks.register("media_staging")
def check_settings(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    try:
        settings = conf()
    except (ImproperlyConfigured, TypeError) as error:
        return [checks.Error(str(error), id="media_staging.E001")]
    names = {settings.REMOTE, *settings.REMOTES}
    unknown = sorted(name for name in names if remotes.kind(name) not in remotes.CLASSES)
    if unknown:
        return [
            checks.Error(
                f"MEDIA_STAGING names an unknown remote: {', '.join(unknown)}",
                hint=f"Known are {', '.join(sorted(remotes.CLASSES))}. An entry that has another "
                "name says which of them it is by its TYPE.",
                id="media_staging.E002",
            )
        ]
    return [*check_remote(settings.REMOTE), *check_limits()]


def check_remote(name: str) -> list[checks.CheckMessage]:
    try:
        remotes.get(name)
    except (TypeError, ImproperlyConfigured) as error:
        return [
            checks.Error(
                f"MEDIA_STAGING['REMOTES'][{name!r}] does not fit: {error}",
                hint="The options of each remote are in docs/architecture.md.",
                id="media_staging.E003",
            )
        ]
    return []


def check_limits() -> list[checks.CheckMessage]:
    wrong = [
        name
        for name in ("TRANSFER_CONCURRENCY", "LEASE_SECONDS", "MAX_UPLOAD_BYTES")
        if not getattr(conf(), name) > 0
    ]
    return [
        checks.Error(f"MEDIA_STAGING[{name!r}] must be greater than 0", id="media_staging.E004")
        for name in wrong
    ]
