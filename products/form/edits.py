"""What the product form changes about images and variants when JavaScript is off.

    image-<id>-position (1 = first), -alt, -seen (the alt text), -delete, -restore, -retry
    variant-<n>-id, -seen (the cells), -sku, -name, -price, -stock, -delete

What is not posted stays as it is. An image that is gone meanwhile is passed over; a variant that
is gone is an error of its row.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from products import cells, typed
from products.errors import BadRequest, TooLate
from products.form.saves import Refused
from products.images import changes
from products.images.gallery import Gallery
from products.limits import MOST_VARIANTS
from products.models import ProductImage
from products.variants import table
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


def alts(gallery: Gallery, fields: Posted) -> dict[int, dict[str, Any]]:
    """The alt texts that were typed, for one Save."""
    found = {image.pk: fields[image.pk] for image in gallery.live if image.pk in fields}
    return {
        pk: {"alt": each["alt"], **({"seen": each["seen"]} if "seen" in each else {})}
        for pk, each in found.items()
        if each.get("alt", each.get("seen")) != each.get("seen")
    }


def apply_images(product_id: int, gallery: Gallery, fields: Posted) -> None:
    """Order, delete, retry and restore. Call it under the product's lock.

    Raises BadRequest for a place that is no number.
    """
    reorder(product_id, gallery.live, fields)
    for image in gallery.live:
        ticked = fields.get(image.pk, {})
        if ticked.get("retry"):
            changes.retry(image.pk)
        if ticked.get("delete"):
            changes.delete(image.pk)
    for image in gallery.restorable:
        if fields.get(image.pk, {}).get("restore"):
            restore(image)


def restore(image: ProductImage) -> None:
    try:
        changes.restore(image.pk)
    except TooLate:
        return


def reorder(product_id: int, live: list[ProductImage], fields: Posted) -> None:
    """Put the images at the places that were typed; of two at one place, the moved one wins."""
    old = [image.pk for image in live]
    places = {
        pk: place_of(fields.get(pk, {}), default=place) for place, pk in enumerate(old, start=1)
    }
    order = changes.at_places(old, places)
    if order != old:
        changes.reorder(product_id, order)


def place_of(fields: dict[str, str], *, default: int) -> int:
    text = fields.get("position", "")
    if not text:
        return default
    if not PLACE.fullmatch(text):
        fields["place_error"] = _("The place of an image must be a whole number from 1.")
        raise BadRequest(fields["place_error"])
    return int(text)


# --- Variants ----------------------------------------------------------------------------------


class VariantRows:
    """The variant rows of a form: what is to be saved, and what is wrong with it, by row number."""

    def __init__(self, fields: Posted) -> None:
        self.fields = fields
        self.rows: list[dict[str, object]] = []
        self.delete: list[int | str] = []
        self.errors: dict[int, dict[str, list[str]]] = {}
        self._numbers: list[int] = []
        self._deleted_at: dict[str, int] = {}
        for number, row in fields.items():
            self._sort(number, row)

    def _sort(self, number: int, row: dict[str, str]) -> None:
        if not any(row.values()):
            return
        if not row.get("delete"):
            self._numbers.append(number)
            self.rows.append(as_json(row))
        elif row.get("id"):
            self._deleted_at[row["id"]] = number
            self.delete.append(number_or_text(row["id"]))

    def refused(self, refused: Refused) -> None:
        """Note what is wrong where, and what others changed as seen from now on."""
        for key, sentences in refused.errors.get("variants", {}).items():
            for number, each in self._located(key, sentences):
                self.errors[number] = each
        for key, told in refused.conflicts.get("variants", {}).items():
            row = self.fields[self._numbers[int(key)]]
            now = {name: cells.as_wire(each.conflict.now) for name, each in told.items()}
            row["seen"] = table.seen_text({**read_seen(row.get("seen", "")), **now})

    def _located(
        self, key: str, sentences: dict[str, list[str]]
    ) -> Iterable[tuple[int, dict[str, list[str]]]]:
        if key != "delete":
            return [(self._numbers[int(key)], sentences)]
        at = self._deleted_at
        return [(at[pk], {"id": texts}) for pk, texts in sentences.items() if pk in at]

    def as_typed(self) -> list[VariantRow]:
        """The rows of a form that was refused, with their errors."""
        names = ("id", "seen", "sku", "name", "price", "stock")
        return [
            VariantRow(
                index=number,
                **{name: row.get(name, "") for name in names},
                delete=bool(row.get("delete")),
                errors=self.errors.get(number, {}),
            )
            for number, row in self.fields.items()
            if any(row.values())
        ]


def as_json(row: dict[str, str]) -> dict[str, object]:
    """The row as the JSON endpoint takes it; what cannot be read stays text and is refused."""
    values: dict[str, object] = {name: row[name] for name in ("sku", "name") if name in row}
    if row.get("id"):
        values |= {"id": number_or_text(row["id"]), "seen": read_seen(row.get("seen", ""))}
    if "price" in row:
        values["price"] = read(lambda text: f"{typed.price(text):.2f}", row["price"])
    if "stock" in row:
        values["stock"] = read(typed.whole_number, row["stock"])
    return values


def read_seen(text: str) -> dict[str, Any]:
    """What a hidden field says was in the row; what cannot be read was not seen."""
    try:
        seen = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    is_row = isinstance(seen, list) and len(seen) == len(table.SEEN)
    return dict(zip(table.SEEN, seen, strict=True)) if is_row else {}


def number_or_text(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else text


def read(parse: Callable[[str], int | str], text: str) -> int | str:
    """What the reader's locale makes of it; what it makes nothing of stays text."""
    try:
        return parse(text)
    except ValueError:
        return text


def empty_rows(rows: list[VariantRow]) -> list[VariantRow]:
    """Some to type new variants into, below those of the form, as far as there may be more."""
    start = max((int(row.index) for row in rows), default=-1) + 1
    count = min(EMPTY_ROWS, max(0, MOST_VARIANTS - len(rows)))
    return [VariantRow(index=start + i) for i in range(count)]
