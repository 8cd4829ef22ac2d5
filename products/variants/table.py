"""The rows of the variants table: what they hold, and how they become HTML.

The table is the same with and without JavaScript. Without, its inputs are fields of the product
form (see `edits.py`); with, the grid takes it over and what the server has is each input's
`defaultValue`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import formats
from django.utils.safestring import SafeString, mark_safe

from products.models import ProductVariant
from products.stencil import Stencil, mark

TEMPLATE = "products/variants/_row.html"
SEEN = ("sku", "name", "price", "stock")
TEXTS = ("index", "id", "seen", "position", *SEEN)


@dataclass
class VariantRow:
    """A row with its texts, as typed or as they would be. Without `id`: not saved yet.

    `seen` is what the hidden field says of the cells as they were when the form was shown first.
    """

    index: int | str
    id: str = ""
    seen: str = ""
    position: int | str = ""
    sku: str = ""
    name: str = ""
    price: str = ""
    stock: str = ""
    delete: bool = False
    errors: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether nothing but texts tells it from other saved rows."""
        return bool(self.id) and not self.errors and not self.delete


def seen_text(cells: Mapping[str, object]) -> str:
    return json.dumps([cells.get(name) for name in SEEN], ensure_ascii=False)


def shown(variants: QuerySet[ProductVariant]) -> list[VariantRow]:
    """The rows of a form that was not posted yet. Prices carry the reader's decimal sign."""
    sign = formats.get_format("DECIMAL_SEPARATOR")
    values = variants.values_list("pk", "position", "sku", "name", "price", "stock")
    return [
        VariantRow(
            index=index,
            id=str(pk),
            seen=json.dumps([sku, name, f"{price:.2f}", stock], ensure_ascii=False),
            position=position,
            sku=sku,
            name=name,
            price=f"{price:.2f}".replace(".", sign),
            stock=str(stock),
        )
        for index, (pk, position, sku, name, price, stock) in enumerate(values)
    ]


def as_html(rows: Iterable[VariantRow], *, can_change: bool, in_form: bool = True) -> SafeString:
    """`in_form`: whether the cells are fields of the plain form."""
    marks = {name: mark(name) for name in TEXTS}
    cells = {"can_change": can_change, "in_form": in_form}
    context = {"row": {**marks, "errors": {}, "delete": False}, **cells}
    stencil = Stencil.of(TEMPLATE, context, marks)
    html = "".join(
        stencil.fill(vars(row))
        if row.is_plain
        else render_to_string(TEMPLATE, {"row": row, **cells})
        for row in rows
    )
    return mark_safe(html)  # noqa: S308 - the stencil escapes, as the template does
