"""Which columns refer to files, remembered from one sweep to the next.

A model that is missing from the settings by mistake refers to nothing any more, while its table
still does: until a person says that this is right, no row is let go of for want of an owner.
"""

from dataclasses import dataclass
from typing import Any

from django.db import Error, connections
from django.utils.connection import ConnectionDoesNotExist

from media_staging.models import StagingArea
from media_staging.states import references


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """A column of a table that refers, or referred, to files."""

    label: str
    database: str
    table: str
    column: str

    def __str__(self) -> str:
        return self.label

    @property
    def is_there(self) -> bool:
        """Whether the database still has it, for all that is known."""
        try:
            connection = connections[self.database]
            with connection.cursor() as cursor:
                if self.table not in connection.introspection.table_names(cursor, True):
                    return False
                columns = connection.introspection.get_table_description(cursor, self.table)
        except (ConnectionDoesNotExist, Error):
            return True
        return any(each.name == self.column for each in columns)


def current() -> list[Relation]:
    found = []
    for each in references.references():
        meta = each.model._meta
        column: Any = meta.get_field(each.column)
        found.append(Relation(str(each), each.database, meta.db_table, column.column))
    return sorted(found)


def vanished() -> list[Relation]:
    """Those of the last sweep that no model has any more, although their columns are there."""
    known = [Relation(*each) for area in StagingArea.objects.all() for each in area.relations]
    # A model that was renamed, or its app, may have kept its table.
    places = {(each.table, each.column) for each in current()}
    return [each for each in known if (each.table, each.column) not in places and each.is_there]


def remember() -> None:
    """From now on those count that there are now."""
    now = [[each.label, each.database, each.table, each.column] for each in current()]
    if any(area.relations != now for area in StagingArea.objects.all()):
        StagingArea.objects.update(relations=now)
