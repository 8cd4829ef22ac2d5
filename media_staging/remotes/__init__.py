"""The remotes a file can move to. A new one is a file in this folder and a line in `CLASSES`.

May import: clock, conf, disk, errors.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.module_loading import import_string

from media_staging.conf import conf
from media_staging.remotes import addresses, values
from media_staging.remotes.addresses import made, trouble
from media_staging.remotes.base import (
    Body,
    Identity,
    Mark,
    Problem,
    Remote,
    RemoteData,
    RemoteObject,
)
from media_staging.remotes.made_once import cached_once

CLASSES = {
    "cloudinary": "media_staging.remotes.cloudinary.remote.CloudinaryRemote",
    "filesystem": "media_staging.remotes.filesystem.FilesystemRemote",
    "s3": "media_staging.remotes.s3.remote.S3Remote",
}

__all__ = [
    "CLASSES",
    "Body",
    "Identity",
    "Mark",
    "Problem",
    "Remote",
    "RemoteData",
    "RemoteObject",
    "at",
    "current",
    "get",
    "in_use",
    "known_places",
    "label",
    "made",
    "making_thumbnails",
    "options",
    "origins",
    "places_of",
    "problems",
    "same_as",
    "setting_of",
    "trouble",
]


@cached_once
def get(name: str) -> Remote:
    """The remote of that name, made once per process and shared by all its threads.

    Raises ImproperlyConfigured, for a process in which nobody ran `manage.py check`.
    """
    try:
        remote_class: type[Remote] = import_string(CLASSES[kind(name)])
        remote = remote_class(**options(name))
        remote.name = name
        # What makes no address fails here as well.
        remote.place  # noqa: B018
    except Exception as error:
        # Whatever it is, the options are what it is about.
        raise ImproperlyConfigured(
            f"MEDIA_STAGING['REMOTES'][{name!r}] does not fit: {error or type(error).__name__}. "
            "`manage.py check` says what to change."
        ) from error
    return remote


def kind(name: str) -> str:
    """Which class an entry of REMOTES is of."""
    return str(conf().REMOTES.get(name, {}).get("TYPE", name))


def options(name: str) -> dict[str, Any]:
    """What an entry says to its class: all but `label` and our own words, in capitals."""
    entry = conf().REMOTES.get(name, {})
    return {
        option: value
        for option, value in entry.items()
        if not option.isupper() and option != "label"
    }


def problems(name: str) -> list[Problem]:
    """What of an entry has no effect, or cannot work. Asks nobody.

    Raises what making the remote raises.
    """
    found = values.problems(kind(name), conf().REMOTES.get(name, {}))
    return found or list(get(name).problems())


def setting_of(name: str, option: str) -> str:
    """The setting of the project that says an option which the entry does not; empty for none."""
    is_own = option in conf().REMOTES.get(name, {})
    return "" if is_own else values.setting_of(kind(name), option)


def label(remote: Remote) -> str:
    """What people call it: the `label` of its entry, or what it calls itself."""
    return str(conf().REMOTES.get(remote.name, {}).get("label") or remote.label)


def current() -> Remote:
    """The remote that new files go to."""
    return get(conf().REMOTE)


def in_use() -> list[Remote]:
    """Every remote that the settings have; the one that new files go to comes first."""
    others = sorted(set(conf().REMOTES) - {conf().REMOTE})
    return [get(name) for name in (conf().REMOTE, *others)]


# --- Places ----------------------------------------------------------------------------------


def places_of(remote: Remote) -> list[str]:
    """The ids of the places that this remote answers for: its own, and what it is the same as."""
    return [remote.place, *same_as(remote.name)]


def same_as(name: str) -> list[str]:
    """Ids of places that an entry is by another name."""
    said = conf().REMOTES.get(name, {}).get("SAME_AS", ())
    return [said] if isinstance(said, str) else [*said]


@cached_once
def known_places() -> dict[str, Remote]:
    """Who answers for which place; what is not in here is elsewhere, and never asked for."""
    known: dict[str, Remote] = {}
    for remote in in_use():
        for place in places_of(remote):
            known.setdefault(place, remote)
    return known


def at(place: str, name: str) -> Remote | None:
    """Who has a file, by its place; None when no entry of the settings does any more.

    Files of the first version know no place, only the name of their remote (empty before the
    flip): they are where the entry of that name points to now, until a look there says so.
    """
    if place:
        return known_places().get(place)
    name = name or conf().REMOTE
    return get(name) if name in {*conf().REMOTES, conf().REMOTE} else None


def origins() -> list[str]:
    """Where pictures come from, for the content security policy of pages that show them."""
    known = (made(remote, getattr, remote, "origins") for remote in in_use())
    return [origin for found in known for origin in found or []]


def making_thumbnails() -> list[str]:
    """The names of those in use that make small pictures by themselves."""
    return [remote.name for remote in in_use() if remote.makes_thumbnails]


@receiver(setting_changed)
def _forget(*, setting: str, **kwargs: object) -> None:
    if setting == "MEDIA_STAGING":
        get.cache_clear()
        known_places.cache_clear()
        addresses.forget()
