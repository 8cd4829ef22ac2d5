"""The app's settings: the dict `MEDIA_STAGING`, read once, with its defaults.

Only `ROOT` and, for a remote other than the default, `REMOTE` and `REMOTES` need to be given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver


@dataclass(frozen=True)
class Conf:
    """Times in seconds, sizes in bytes. Upper case, because these are the names of the settings."""

    # Folder of the staging area; web and consumer see the same one.
    ROOT: Path
    # Name of the remote that new files go to, and the options of every remote in use. Beside its
    # options an entry may say "TYPE" (default: its name; so two buckets can be set up), "SAME_AS"
    # (ids of places, as `staging_status` names them, that are this one by another name), and
    # "label" (how the pages call it).
    REMOTE: str = "filesystem"
    REMOTES: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Uploads under way at once, per consumer and remote.
    TRANSFER_CONCURRENCY: int = 16
    # After this long without a heartbeat another worker may take over a transfer.
    LEASE_SECONDS: float = 60
    # The longest one upload may still land after its worker was last heard of.
    UPLOAD_DEADLINE_SECONDS: float = 300
    LOCAL_RETENTION_SECONDS: float = 3600
    ORPHAN_GRACE_SECONDS: float = 86400
    MIN_FREE_BYTES: int = 512 * 1024**2
    MAX_UPLOAD_BYTES: int = 25 * 1024**2
    MAX_IMAGE_PIXELS: int = 64_000_000
    STRIP_LOCATION: bool = True
    # Lets a scraper from elsewhere read /metrics; empty: loopback only.
    METRICS_TOKEN: str = ""


@lru_cache(maxsize=1)
def conf() -> Conf:
    """The settings in force. Raises ImproperlyConfigured for a missing ROOT, an unknown name, or
    REMOTES of another form."""
    given = dict(getattr(settings, "MEDIA_STAGING", {}))
    unknown = sorted(set(given) - {known.name for known in fields(Conf)})
    if unknown:
        raise ImproperlyConfigured(f"MEDIA_STAGING has no setting {', '.join(unknown)}")
    if not given.get("ROOT"):
        raise ImproperlyConfigured("MEDIA_STAGING['ROOT'] must name the folder of the staging area")
    entries = given.get("REMOTES", {})
    if not isinstance(entries, Mapping) or not all(
        isinstance(entry, Mapping) for entry in entries.values()
    ):
        raise ImproperlyConfigured(
            "MEDIA_STAGING['REMOTES'] must be a dict with a dict of options for each remote"
        )
    given["ROOT"] = Path(given["ROOT"])
    return Conf(**given)


@receiver(setting_changed)
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "MEDIA_STAGING":
        conf.cache_clear()
