"""What somebody else saved meanwhile, beside what was about to be saved over it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.functional import Promise

from products.cells import Told
from products.form.forms import ProductForm
from products.models import Product


@dataclass(frozen=True)
class Difference:
    """One field, in the words of the form."""

    label: str | Promise
    theirs: Told
    mine: str


def differences(form: ProductForm, told: Mapping[str, Told]) -> list[Difference]:
    """The fields of a valid form that both changed."""
    return [
        Difference(form.fields[name].label or "", theirs, readable(name, form.cleaned_data[name]))
        for name, theirs in told.items()
    ]


def readable(name: str, value: Any) -> str:
    if name == "status":
        return str(Product.Status(str(value)).label)
    return str(formats.localize(value))
