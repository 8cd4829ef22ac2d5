"""What an entry says to be the same as, some file or storage has to have been called."""

from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, DatabaseError

from media_staging import remotes
from media_staging.conf import conf
from media_staging.models import Place, StagedFile


@checks.register("media_staging", checks.Tags.database)
def check_places(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    if DEFAULT_DB_ALIAS not in (kwargs.get("databases") or ()):
        return []
    try:
        said = {name: ids for name in sorted(conf().REMOTES) if (ids := remotes.same_as(name))}
        return [
            unknown(name, each) for name, ids in said.items() for each in ids if is_unknown(each)
        ]
    except (ImproperlyConfigured, TypeError, DatabaseError):
        # `settings` says so; or the tables are still to be made.
        return []


def is_unknown(place: str) -> bool:
    return not (
        Place.objects.filter(pk=place).exists() or StagedFile.objects.filter(place=place).exists()
    )


def unknown(name: str, place: str) -> checks.CheckMessage:
    return checks.Warning(
        f"MEDIA_STAGING['REMOTES'][{name!r}] is SAME_AS {place!r}, but this database knows no such "
        "place.",
        hint="Copy the id from `manage.py staging_status`, or leave it out.",
        id="media_staging.W008",
    )
