"""Who this database is: its id, its counter, and the mark that its objects carry."""

import hashlib
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F

from media_staging.models import Installation, StagedFile


def installation() -> Installation:
    """As it stands in the database now."""
    found = Installation.objects.first()
    return found or Installation.objects.get_or_create(id=1)[0]


def object_mark(database: UUID, number: int, key: str) -> str:
    """The mark of an object that is stored under this key for the row of that number.

    Who copies objects within a bucket copies their marks as well: so the key is a part of it.
    """
    return f"{database}/{number}/{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def read_object_mark(text: str, key: str) -> tuple[UUID, int] | None:
    """The database and row number of a mark; None where it is not about this key."""
    database, _slash, rest = text.partition("/")
    number, _slash, _about = rest.partition("/")
    try:
        found = UUID(database), int(number)
    except ValueError:
        return None
    return found if object_mark(*found, key) == text else None


def raise_counter() -> int:
    """One more, committed before any mark that carries it is written."""
    Installation.objects.filter(pk=installation().pk).update(counter=F("counter") + 1)
    return installation().counter


def highest_number() -> int:
    """The highest that this database has given to a row; the row may be gone."""
    newest = StagedFile.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    table = StagedFile._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        else:
            cursor.execute(
                "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass)", [table]
            )
        given = cursor.fetchone()
    return max(newest, given[0] or 0 if given else 0)


def draw_new_id(*, counter: int = 0) -> Installation:
    """Become another database for all marks: a copy that still has the old id stops.

    The counter is then ahead of `counter`, which an area held that is taken over.
    """
    me = installation()
    me.former = [*me.former, str(me.database)]
    me.formerly = highest_number()
    me.database = uuid4()
    me.counter = max(me.counter, counter + 1)
    me.save()
    return me
