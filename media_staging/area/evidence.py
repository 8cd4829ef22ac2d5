"""What the disk remembers of its database, so that one that was set back gives itself away.

<ROOT>/.counter           the database's counter, as it was when a cleanup last began
<ROOT>/.newest            its time of change: when the newest file was staged that was committed
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from media_staging import disk
from media_staging.area import staging


def counter_path() -> Path:
    return staging.root() / ".counter"


def newest_path() -> Path:
    return staging.root() / ".newest"


def read_counter() -> int:
    """0 where there is none, or none that can be read: no evidence. Raises OSError."""
    try:
        return int(counter_path().read_text())
    except (FileNotFoundError, ValueError):
        return 0


def write_counter(counter: int) -> None:
    """Durably. Raises OSError."""
    fresh = staging.root() / f".counter.{uuid4().hex}"
    staging.write_durably(fresh, [str(counter).encode()])
    disk.rename(fresh, counter_path())


def newest_staged_at() -> datetime | None:
    """Raises OSError."""
    try:
        stamp = newest_path().stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(stamp // 10**9, UTC).replace(microsecond=stamp // 1000 % 10**6)


def note_staged(moment: datetime) -> None:
    """Call after the commit. Not durable: a power cut costs evidence, no file. Raises OSError."""
    known = newest_staged_at()
    if known and known >= moment:
        return
    if known is None:
        newest_path().touch()
    whole = int(moment.replace(microsecond=0).timestamp()) * 10**9
    stamp = whole + moment.microsecond * 1000
    os.utime(newest_path(), ns=(stamp, stamp))
