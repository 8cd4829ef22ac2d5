"""The statements that write many variants at once, the rows as one JSON parameter.

`bulk_create` does the same, but asks every field of every row how it is written, which was most
of the time of saving 500 variants, and needs several statements where parameters are limited.
"""

import json
from collections.abc import Sequence
from operator import attrgetter

from django.db import connection

from products.models import ProductVariant

CHANGEABLE = ("sku", "name", "price", "stock", "position")
COLUMNS = (*CHANGEABLE, "changed")
NEW = ("product_id", *COLUMNS)
EXISTING = ("id", *NEW)

TYPES = {"sku": "text", "name": "text", "price": "numeric"}
# How a database takes a JSON array apart, one field out of an element, and how it keeps JSON.
JSON_ROWS = {
    "sqlite": ("json_each", "json_extract(value, '$.{}')", "text"),
    "postgresql": ("json_array_elements", "value->>'{}'", "jsonb"),
}


def insert(variants: Sequence[ProductVariant]) -> None:
    """Write new rows, and give the variants their ids. Raises IntegrityError for a taken SKU."""
    ids = dict(write(variants, NEW, "RETURNING sku, id"))
    for variant in variants:
        variant.pk = ids[variant.sku]


def update(variants: Sequence[ProductVariant]) -> None:
    """Write existing rows, by id. Raises IntegrityError for a taken SKU."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS)
    write(variants, EXISTING, f"ON CONFLICT (id) DO UPDATE SET {changes}")


def write(
    variants: Sequence[ProductVariant], columns: Sequence[str], ending: str
) -> list[tuple[str, int]]:
    """What `ending` returns, if it does."""
    if not variants:
        return []
    rows, field, json_type = JSON_ROWS[connection.vendor]
    types = {**TYPES, "changed": json_type}
    fields = (f"CAST({field.format(name)} AS {types.get(name, 'bigint')})" for name in columns)
    # SQLite wants the WHERE, to know that ON does not belong to a join.
    statement = (
        f"INSERT INTO {ProductVariant._meta.db_table} ({', '.join(columns)}) "  # noqa: S608
        f"SELECT {', '.join(fields)} FROM {rows}(%s) WHERE true {ending}"
    )
    values_of = attrgetter(*columns)
    values = [dict(zip(columns, values_of(variant), strict=True)) for variant in variants]
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(values, default=str)])
        return cursor.fetchall() if cursor.description else []
