"""The statements that write many variants at once.

`bulk_create` does the same, but asks every field of every row how it is written, which was most
of the time of saving 500 variants.
"""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

from django.db import connection

from products.models import ProductVariant

CHANGEABLE = ("sku", "name", "price", "stock", "position")
NEW = ("product_id", *CHANGEABLE)
EXISTING = ("id", *NEW)


def insert(variants: Sequence[ProductVariant]) -> None:
    """Write new rows, and give the variants their ids. Raises IntegrityError for a taken SKU."""
    for batch in batches(variants, NEW):
        # Django, too, relies on the ids coming back in the order of the rows.
        ids = run(batch, NEW, "RETURNING id")
        for variant, (pk,) in zip(batch, ids, strict=True):
            variant.pk = pk


def update(variants: Sequence[ProductVariant]) -> None:
    """Write existing rows, by id. Raises IntegrityError for a taken SKU."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in CHANGEABLE)
    for batch in batches(variants, EXISTING):
        run(batch, EXISTING, f"ON CONFLICT (id) DO UPDATE SET {changes} RETURNING id")


def batches(
    variants: Sequence[ProductVariant], columns: Sequence[str]
) -> Iterator[Sequence[ProductVariant]]:
    """As many rows at once as the database takes parameters for."""
    most = connection.features.max_query_params
    size = most // len(columns) if most else len(variants)
    return (variants[at : at + size] for at in range(0, len(variants), size or 1))


def run(batch: Sequence[ProductVariant], columns: Sequence[str], ending: str) -> list[tuple[int]]:
    table = ProductVariant._meta.db_table
    row = f"({', '.join(['%s'] * len(columns))})"
    rows = ", ".join([row] * len(batch))
    # Names and placeholders only; what people typed goes in as parameters.
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {rows} {ending}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters(batch, columns))
        found: list[tuple[int]] = cursor.fetchall()
        return found


def parameters(batch: Sequence[ProductVariant], columns: Sequence[str]) -> list[Any]:
    price = columns.index("price")
    to_price = ProductVariant._meta.get_field("price").get_db_prep_save
    of_row = attrgetter(*columns)
    flat: list[Any] = []
    for variant in batch:
        values = list(of_row(variant))
        values[price] = to_price(values[price], connection)
        flat += values
    return flat
