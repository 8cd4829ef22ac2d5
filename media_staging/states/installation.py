"""Who this database is: its id, its counter, and the mark that its objects carry."""

from uuid import UUID

from django.db.models import F

from media_staging.models import Installation


def installation() -> Installation:
    """As it stands in the database now."""
    found = Installation.objects.first()
    return found or Installation.objects.get_or_create(id=1)[0]


def object_mark(database: UUID, number: int) -> str:
    """The mark of an object that is stored for the row of that number."""
    return f"{database}/{number}"


def raise_counter() -> int:
    """One more, committed before any mark that carries it is written."""
    installation()
    Installation.objects.update(counter=F("counter") + 1)
    return installation().counter
