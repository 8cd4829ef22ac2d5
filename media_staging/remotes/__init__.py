"""The remotes a file can move to. A new one is a file in this folder and a line in `CLASSES`.

May import: clock, conf, disk, errors.
"""

from functools import cache

from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.module_loading import import_string

from media_staging.conf import conf
from media_staging.remotes.base import Body, Identity, Remote, RemoteData, RemoteObject

CLASSES = {
    "cloudinary": "media_staging.remotes.cloudinary.remote.CloudinaryRemote",
    "filesystem": "media_staging.remotes.filesystem.FilesystemRemote",
    "s3": "media_staging.remotes.s3.remote.S3Remote",
}

__all__ = [
    "CLASSES",
    "Body",
    "Identity",
    "Remote",
    "RemoteData",
    "RemoteObject",
    "current",
    "get",
    "making_thumbnails",
]


@cache
def get(name: str) -> Remote:
    """The remote of that name, made once per process and shared by all its threads."""
    remote_class: type[Remote] = import_string(CLASSES[name])
    return remote_class(**conf().REMOTES.get(name, {}))


def current() -> Remote:
    """The remote that new files go to."""
    return get(conf().REMOTE)


def making_thumbnails() -> list[str]:
    """The names of those in use that make small pictures by themselves."""
    return [name for name in {*conf().REMOTES, conf().REMOTE} if get(name).makes_thumbnails]


@receiver(setting_changed)
def _forget(*, setting: str, **kwargs: object) -> None:
    if setting == "MEDIA_STAGING":
        get.cache_clear()
