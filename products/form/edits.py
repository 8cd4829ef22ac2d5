"""What the product form changes about images and variants when JavaScript is off.

    image-<id>-position (1 = first), -alt, -delete, -restore, -retry
    variant-<n>-id, -sku, -name, -price, -stock, -delete

What is not posted stays as it is. An image that is gone meanwhile is passed over; a variant that
is gone is an error of its row.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from products import typed
from products.bodies import alt_text
from products.errors import BadRequest, TooLate
from products.images import changes
from products.images.gallery import Gallery
from products.models import ProductImage
from products.variants import saving
from products.variants.table import VariantRow

EMPTY_ROWS = 3
FIELD = re.compile(r"(image|variant)-([0-9]{1,18})-([a-z]+)", re.ASCII)
PLACE = re.compile(r"[0-9]{1,6}")

# By image id or row number: the fields posted for it.
Posted = dict[int, dict[str, str]]


def posted(data: Mapping[str, Any], kind: str) -> Posted:
    """The fields of all images ("image") or variant rows ("variant") of a form."""
    found: Posted = defaultdict(dict)
    for name in data:
        match = FIELD.fullmatch(name)
        if match and match[1] == kind:
            found[int(match[2])][match[3]] = data[name].strip()
    return dict(sorted(found.items()))


# --- Images ------------------------------------------------------------------------------------


def apply_images(product_id: int, fields: Posted) -> None:
    """Order, describe, delete, retry and restore. Call it under the product's lock.

    Raises BadRequest for a place that is no number or an alt text that does not fit.
    """
    gallery = Gallery.of(product_id)
    reorder(product_id, gallery.live, fields)
    for image in gallery.live:
        change(image, fields.get(image.pk, {}))
    for image in gallery.restorable:
        if fields.get(image.pk, {}).get("restore"):
            restore(image)


def change(image: ProductImage, fields: dict[str, str]) -> None:
    alt = alt_text(fields.get("alt", image.alt))
    if alt != image.alt:
        changes.describe(image.pk, alt)
    if fields.get("retry"):
        changes.retry(image.pk)
    if fields.get("delete"):
        changes.delete(image.pk)


def restore(image: ProductImage) -> None:
    try:
        changes.restore(image.pk)
    except TooLate:
        return


def reorder(product_id: int, live: list[ProductImage], fields: Posted) -> None:
    """Put the images at the places that were typed; of two at one place, the moved one wins."""
    old = {image.pk: place for place, image in enumerate(live, start=1)}
    new = {pk: place_of(fields.get(pk, {}), default=place) for pk, place in old.items()}
    order = sorted(old, key=lambda pk: (new[pk], direction(old[pk], new[pk]), old[pk]))
    if order != list(old):
        changes.reorder(product_id, order)


def place_of(fields: dict[str, str], *, default: int) -> int:
    text = fields.get("position", "")
    if not text:
        return default
    if not PLACE.fullmatch(text):
        raise BadRequest(_("The place of an image must be a whole number from 1."))
    return int(text)


def direction(old: int, new: int) -> int:
    """-1 for an image that moves to the front, 1 to the end: before or after who is there."""
    return (new > old) - (new < old)


# --- Variants ----------------------------------------------------------------------------------


@dataclass
class FormErrors(Exception):
    """Nothing was saved. `rows`: sentences by the row's number in the form and field."""

    rows: dict[int, dict[str, list[str]]]


def apply_variants(product_id: int, fields: Posted) -> None:
    """Save the variant rows of a form. Raises FormErrors."""
    numbers, rows, delete = [], [], []
    deleted_at: dict[str, int] = {}
    for number, row in fields.items():
        if row.get("delete"):
            if row.get("id"):
                delete.append(number_or_text(row["id"]))
                deleted_at[row["id"]] = number
        elif any(row.values()):
            numbers.append(number)
            rows.append(as_json(row))
    if not rows and not delete:
        return
    try:
        saving.save(product_id, rows, delete)
    except saving.VariantErrors as error:
        raise FormErrors(
            {
                number: sentences
                for key, fields_of in error.errors.items()
                for number, sentences in locate(key, fields_of, numbers, deleted_at)
            }
        ) from error


def locate(
    key: str, sentences: dict[str, list[str]], numbers: list[int], deleted_at: dict[str, int]
) -> Iterable[tuple[int, dict[str, list[str]]]]:
    """Errors of a saved request, by the number of the row in the form."""
    if key != "delete":
        return [(numbers[int(key)], sentences)]
    return [(deleted_at[pk], {"id": texts}) for pk, texts in sentences.items() if pk in deleted_at]


def as_json(row: dict[str, str]) -> dict[str, object]:
    """The row as the JSON endpoint takes it; what cannot be read stays text and is refused."""
    values: dict[str, object] = {name: row[name] for name in ("sku", "name") if name in row}
    if row.get("id"):
        values["id"] = number_or_text(row["id"])
    if "price" in row:
        values["price"] = read(lambda text: f"{typed.price(text):.2f}", row["price"])
    if "stock" in row:
        values["stock"] = read(typed.whole_number, row["stock"])
    return values


def number_or_text(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else text


def read(parse: Callable[[str], int | str], text: str) -> int | str:
    """What the reader's locale makes of it; what it makes nothing of stays text."""
    try:
        return parse(text)
    except ValueError:
        return text


def typed_rows(fields: Posted, errors: dict[int, dict[str, list[str]]]) -> list[VariantRow]:
    """The rows of a form that was refused, as they were typed, with their errors."""
    names = ("id", "sku", "name", "price", "stock")
    return [
        VariantRow(
            index=number,
            **{name: row.get(name, "") for name in names},
            delete=bool(row.get("delete")),
            errors=errors.get(number, {}),
        )
        for number, row in fields.items()
        if any(row.values())
    ]


def empty_rows(rows: list[VariantRow]) -> list[VariantRow]:
    """Some to type new variants into, below those of the form."""
    start = max((int(row.index) for row in rows), default=-1) + 1
    return [VariantRow(index=start + i) for i in range(EMPTY_ROWS)]
