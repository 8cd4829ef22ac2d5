"""A database that is put back: all rows as they were, and numbers that are given again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from media_staging.models import StagedFile

Model = type[models.Model]


@dataclass
class Dump:
    """Every row of the app at one moment, and how far its numbers had come."""

    rows: dict[Model, list[dict[str, Any]]]
    numbers: dict[Model, int]

    @classmethod
    def take(cls, tables: Sequence[Model]) -> "Dump":
        """`tables` in the order in which their rows can be deleted."""
        rows = {each: list(each._base_manager.order_by("pk").values()) for each in tables}
        return cls(rows, {each: last_number(each) for each in tables if gives_numbers(each)})

    def restore(self) -> None:
        self.restore_rows(self.rows)
        for model, number in self.numbers.items():
            set_last_number(model, number)

    def restore_rows(self, tables: Collection[Model]) -> None:
        """Of these tables only; the others, and the numbers, stay as they are."""
        for model in self.rows:
            if model in tables:
                model._base_manager.all()._raw_delete("default")
        for model, rows in reversed(self.rows.items()):
            if model in tables:
                model._base_manager.bulk_create([model(**row) for row in rows])

    @property
    def keys(self) -> set[str]:
        return {row["key"] for row in self.rows[StagedFile]}


def gives_numbers(model: Model) -> bool:
    return isinstance(model._meta.pk, models.AutoField)


def last_number(model: Model) -> int:
    """The last one that the database gave."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        else:
            cursor.execute(
                "SELECT last_value FROM pg_sequences WHERE sequencename = %s", [f"{table}_id_seq"]
            )
        row = cursor.fetchone()
    return row[0] or 0 if row else 0


def set_last_number(model: Model, number: int) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [number, table])
        else:
            # Given, if any was: a number that is only set has no last value for the next dump.
            cursor.execute(
                "SELECT setval(%s::regclass, %s, %s)",
                [f"{table}_id_seq", max(number, 1), number > 0],
            )
