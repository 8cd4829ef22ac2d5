"""The ETag of a product's images, without making the answer: most polls find nothing new."""

import hashlib
from datetime import datetime
from functools import cache
from typing import Any, cast

from django.db import connection
from django.utils.http import quote_etag
from django.utils.translation import get_language

from media_staging import clock, remotes
from media_staging.models import StagedFile
from media_staging.transfer import progress
from products.images import changes
from products.images.serializers import next_poll_ms
from products.models import Product, ProductImage

FILE = "file__"
SMALL = ("thumbnail", "preview")
# What never changes, what is the same for all rows here, and what only workers look at.
LEFT_OUT = {
    *("product_id", "deleted_at"),
    *("file__id", "file__key", "file__size", "file__sha256", "file__content_type"),
    *("file__width", "file__height", "file__is_thumbnail"),
    *("file__token", "file__settle_at", "file__failed_at", "file__synced_at"),
    *("file__thumbnail_due_at", "file__thumbnail_attempts"),
}
COLUMNS = [
    name
    for name in (
        *(field.attname for field in ProductImage._meta.concrete_fields),
        *(FILE + field.attname for field in StagedFile._meta.concrete_fields),
        # Where they are.
        *(f"file__{small}__{name}" for small in SMALL for name in ("status", "place", "remote")),
    )
    if name not in LEFT_OUT
]
# Of the product: whether it is unsaved, and its maker.
OWNER = ("unsaved_at", "saved_by_id")
WHOSE = slice(len(COLUMNS), None)
FILE_ID, STATUS, CREATED_AT = map(COLUMNS.index, ("file_id", "file__status", "file__created_at"))
# Where the file is, and its small pictures.
WHERE = [
    (COLUMNS.index(f"{whose}place"), COLUMNS.index(f"{whose}remote"))
    for whose in (FILE, *(f"{FILE}{small}__" for small in SMALL))
]

# More than a column of ids holds is an error of the driver.
LARGEST_ID = 2**63 - 1


def of_live_images(product_id: int, user_id: int | None) -> str:
    """It follows all columns that an answer is made of, the progress, the time to ask again, the
    language of the reasons, and the window in which signed addresses stay the same.

    Raises Product.DoesNotExist, also for an unsaved product of somebody else.
    """
    rows = raw_rows(product_id)
    whose = rows[0][WHOSE] if rows else Product.everything.values_list(*OWNER).get(pk=product_id)
    if whose[0] is not None and whose[1] != user_id:
        raise Product.DoesNotExist
    parts = (
        rows,
        progress.percentages({row[FILE_ID]: row[STATUS] for row in rows}),
        next_poll_ms((row[STATUS], as_datetime(row[CREATED_AT])) for row in rows),
        get_language(),
        [address_window(*where) for where in sorted(flipped_to(rows))],
    )
    return of_content(repr(parts).encode())


def raw_rows(product_id: int) -> list[tuple[Any, ...]]:
    """The columns as the driver gives them: an ETag needs no datetimes and no parsed JSON."""
    if product_id > LARGEST_ID:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement(), [product_id])
        return cursor.fetchall()


@cache
def statement() -> str:
    """With one parameter, the product. Kept, because making it takes longer than running it."""
    live = (
        changes.live()
        .filter(product=0)
        .order_by("position", "pk")
        .values_list(*COLUMNS, *(f"product__{name}" for name in OWNER))
    )
    sql, (_product,) = live.query.sql_with_params()
    return str(sql)


def as_datetime(raw: Any) -> datetime:
    """As a query of models would have converted it."""
    column = StagedFile._meta.get_field("created_at").cached_col
    for convert in connection.ops.get_db_converters(column):
        raw = convert(raw, column, connection)
    return cast(datetime, raw)


def of_content(content: bytes) -> str:
    return quote_etag(hashlib.sha256(content).hexdigest()[:32])


def flipped_to(rows: list[tuple[Any, ...]]) -> set[tuple[str, str]]:
    """The place of each file that a remote has, and that remote's name."""
    return {(row[place], row[name]) for row in rows for place, name in WHERE if row[name]}


def address_window(place: str, name: str) -> tuple[str, int | None]:
    """Who hands out the addresses (nobody, if the settings do not have the place any more, or they
    cannot be made now), and when those that are made now end, in Unix seconds; None: never."""
    remote = remotes.at(place, name)
    return (remote and remotes.made(remote, window, remote)) or ("", None)


def window(remote: remotes.Remote) -> tuple[str, int | None]:
    """Raises what making an address raises."""
    lifetime = remote.url_lifetime
    return remote.name, None if lifetime is None else round(clock.utc().timestamp() + lifetime)
