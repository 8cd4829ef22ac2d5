"""What the disk remembers of its database, so that one that was set back gives itself away.

<ROOT>/.counter           the database's counter, as it was when a cleanup last began
<ROOT>/.newest            its time of change: when the newest file was staged that was committed
"""

import os
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from django.db.models import Max, QuerySet

from media_staging import disk
from media_staging.area import staging
from media_staging.models import Installation, StagedFile

# Rows may get their numbers in another order than their times, by as many as are staged at once.
STAGED_AT_ONCE = 1000


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


def note_staged(moment: datetime, numbers: Collection[int]) -> None:
    """Call after the commit of these rows. Not durable: a power cut costs evidence, no file.

    What they would hide is kept first: in a database that was set back they are newer than all
    that it has lost. Raises OSError.
    """
    known = newest_staged_at()
    if known and is_newer(known, besides=numbers):
        counter = Installation.objects.values_list("counter", flat=True).first() or 0
        write_counter(max(read_counter(), counter + 1))
    if known and known >= moment:
        return
    if known is None:
        newest_path().touch()
    whole = int(moment.replace(microsecond=0).timestamp()) * 10**9
    stamp = whole + moment.microsecond * 1000
    os.utime(newest_path(), ns=(stamp, stamp))


def is_newer(newest: datetime, *, besides: Collection[int] = ()) -> bool:
    """Whether the area took a file after all that the database knows of, `besides` these rows."""
    rows = StagedFile.objects.exclude(pk__in=besides)
    last = rows.order_by("-pk").values_list("created_at", flat=True).first()
    if last and last >= newest:
        return False
    noted = Installation.objects.values_list("newest_staged_at", flat=True).first()
    return not any(known and known >= newest for known in (noted, newest_of(rows)))


def newest_of(rows: QuerySet[StagedFile]) -> datetime | None:
    """When the newest of them was staged."""
    last: datetime | None = rows.order_by("-pk")[:STAGED_AT_ONCE].aggregate(
        newest=Max("created_at")
    )["newest"]
    return last
