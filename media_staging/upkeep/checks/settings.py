"""A setting that cannot work stops start-up, with a hint."""

from collections.abc import Iterator
from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from media_staging import remotes
from media_staging.conf import conf
from media_staging.errors import TransferError
from media_staging.remotes.servers import loopback_port


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
    of_remotes = [found for name in sorted(names) for found in check_remote(name)]
    return [*of_remotes, *([] if of_remotes else check_places()), *check_limits()]


def check_remote(name: str) -> Iterator[checks.CheckMessage]:
    entry = f"MEDIA_STAGING['REMOTES'][{name!r}]"
    try:
        remote = remotes.get(name)
        problems = list(remote.problems())
    except (TypeError, ValueError, ImproperlyConfigured, TransferError) as error:
        yield checks.Error(
            f"{entry} does not fit: {error}",
            hint="The options of each remote are in docs/remotes.md.",
            id="media_staging.E003",
        )
        return
    for problem in problems:
        kind, number = (checks.Error, "E010") if problem.is_error else (checks.Warning, "W010")
        yield kind(
            f"{entry}: {problem.option} {problem.text}.",
            hint=problem.hint,
            id=f"media_staging.{number}",
        )


def check_places() -> Iterator[checks.CheckMessage]:
    """Two servers on this machine that would be taken for one: what one has, the other has not."""
    seen: dict[str, remotes.Remote] = {}
    for remote in remotes.in_use():
        other = seen.setdefault(remote.place, remote)
        if loopback_port(remote.endpoint) != loopback_port(other.endpoint):
            yield checks.Error(
                f"MEDIA_STAGING['REMOTES']: {other.name!r} ({other.endpoint}) and {remote.name!r} "
                f"({remote.endpoint}) are two servers with one name for what is stored there: "
                f"{remote.address}.",
                hint="The port of a server on this machine is no part of its name, since it may be "
                "another one after each start. Give one of them another bucket or prefix "
                "(location), or a host name of its own in /etc/hosts.",
                id="media_staging.E011",
            )


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
