"""What a variant row of a request may hold. No database here: types, lengths and ranges only."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from products import cells, typed
from products.bodies import has_control_characters, is_id
from products.models import SKU_LENGTH, ProductVariant
from products.typed import LARGEST

PRICE = re.compile(r"[0-9]{1,8}\.[0-9]{2}")
NAME_LENGTH = 200

REQUIRED = ("sku", "name", "price", "stock")
SEEN = (*REQUIRED, "position")
Values = dict[str, Any]


class RowErrors:
    """Sentences by row index (or "delete") and field, in the shape of the contract."""

    def __init__(self) -> None:
        self._by_row: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))

    def add(self, row: int | str, field: str, sentence: str) -> None:
        self._by_row[str(row)][field].append(sentence)

    def has(self, row: int, field: str) -> bool:
        return field in self._by_row.get(str(row), {})

    def __bool__(self) -> bool:
        return bool(self._by_row)

    def as_json(self) -> dict[str, dict[str, list[str]]]:
        return {row: dict(fields) for row, fields in self._by_row.items()}


def clean(index: int, row: object, errors: RowErrors) -> Values:
    """The good fields of one row, as the columns hold them; what is wrong goes to `errors`.

    A row without `id` needs every field but `position`; one with `id` keeps what it does not name.
    `seen` says what was there as the row was loaded, unless it is to be saved by force.
    """
    if not isinstance(row, Mapping):
        errors.add(index, "row", _("A row must be an object."))
        return {}
    values: Values = {}
    if isinstance(row.get("seen"), Mapping) and row.get("force") is not True:
        values["seen"] = cells.read_seen(row["seen"], SEEN)
    for field, cleaner in CLEANERS.items():
        if field in row:
            try:
                values[field] = cleaner(row[field])
            except ValueError as error:
                errors.add(index, field, str(error))
        elif field in REQUIRED and row.get("id") is None:
            errors.add(index, field, _("This field is required."))
    return values


# --- One function per field; each raises ValueError with a sentence -------------------------------


def clean_id(value: object) -> int | None:
    if value is None or is_id(value):
        return value
    raise ValueError(unknown())


def unknown() -> str:
    return _("This variant does not exist any more.")


def text(read: Callable[[str], str], longest: int) -> Callable[[object], str]:
    def clean_text(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError(_("This must be text."))  # noqa: TRY004 - bad input, not a bug
        cleaned = read(value)
        if not cleaned:
            raise ValueError(_("This field is required."))
        if len(cleaned) > longest:
            raise ValueError(_("At most %(most)s characters are allowed.") % {"most": longest})
        if has_control_characters(value.strip()):
            raise ValueError(_("Control characters are not allowed."))
        return cleaned

    return clean_text


def clean_price(value: object) -> Decimal:
    if not isinstance(value, str) or not PRICE.fullmatch(value):
        raise ValueError(_("Enter a price such as %(example)s.") % {"example": "12.50"})
    return Decimal(value)


def clean_whole_number(value: object) -> int:
    if is_id(value) and 0 <= value <= LARGEST:
        return value
    most = number_format(LARGEST, force_grouping=True)
    raise ValueError(_("Enter a whole number from 0 to %(most)s.") % {"most": most})


CLEANERS: dict[str, Callable[[object], Any]] = {
    "id": clean_id,
    "sku": text(typed.code, SKU_LENGTH),
    "name": text(typed.line, NAME_LENGTH),
    "price": clean_price,
    "stock": clean_whole_number,
    "position": clean_whole_number,
}


def variant_json(variant: ProductVariant) -> dict[str, Any]:
    return {
        "id": variant.pk,
        "sku": variant.sku,
        "name": variant.name,
        "price": cells.as_wire(variant.price),
        "stock": variant.stock,
        "position": variant.position,
    }
