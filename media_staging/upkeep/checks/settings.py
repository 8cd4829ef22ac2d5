"""A setting that cannot work stops start-up, with a hint."""

from collections.abc import Iterator
from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from media_staging import remotes
from media_staging.conf import conf
from media_staging.remotes.servers import loopback_port


@checks.register("media_staging")
def check_settings(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    try:
        settings = conf()
    except (ImproperlyConfigured, TypeError) as error:
        return [checks.Error(str(error), id="media_staging.E001")]
    names = sorted({settings.REMOTE, *settings.REMOTES})
    known = [name for name in names if remotes.kind(name) in remotes.CLASSES]
    of_remotes = [
        *(unknown(name) for name in names if name not in known),
        *(found for name in known for found in check_remote(name)),
    ]
    in_order = not any(found.is_serious() for found in of_remotes)
    return [*of_remotes, *(check_places() if in_order else []), *check_limits()]


def unknown(name: str) -> checks.CheckMessage:
    kinds = ", ".join(repr(kind) for kind in sorted(remotes.CLASSES))
    if "TYPE" in conf().REMOTES.get(name, {}):
        return checks.Error(
            f"{entry(name)} has the TYPE {remotes.kind(name)!r}, which is no kind of remote.",
            hint=f"Let it be one of {kinds}.",
            id="media_staging.E002",
        )
    return checks.Error(
        f"MEDIA_STAGING names the remote {name!r}, of which it does not say what kind it is.",
        hint=f"Call it one of {kinds}; or say one of these as 'TYPE' in {entry(name)}.",
        id="media_staging.E002",
    )


def entry(name: str) -> str:
    return f"MEDIA_STAGING['REMOTES'][{name!r}]"


def check_remote(name: str) -> Iterator[checks.CheckMessage]:
    try:
        problems = remotes.problems(name)
    except Exception as error:  # noqa: BLE001 (whatever it is, the options are what it is about)
        reason = error.__cause__ or error
        yield checks.Error(
            f"{entry(name)} does not fit: {reason or type(reason).__name__}",
            hint=f"Change that in {entry(name)}, or in the AWS_* setting that says it.",
            id="media_staging.E003",
        )
        return
    for problem in problems:
        kind, number = (checks.Error, "E010") if problem.is_error else (checks.Warning, "W010")
        about, hint = f"{entry(name)}: {problem.option}", problem.hint
        if setting := remotes.setting_of(name, problem.option):
            about = f"{setting}, which says {problem.option} of {entry(name)},"
            hint += f" If other storages need it as it is, say {problem.option!r} in that entry."
        yield kind(f"{about} {problem.text}.", hint=hint, id=f"media_staging.{number}")


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
