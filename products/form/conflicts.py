"""What somebody else saved meanwhile, beside what was about to be saved over it."""

from dataclasses import dataclass

from django.utils import formats
from django.utils.functional import Promise

from products.form.forms import ProductForm
from products.models import Product


@dataclass(frozen=True)
class Difference:
    """One field, in the words of the form."""

    label: str | Promise
    theirs: str
    mine: str


def differences(form: ProductForm, current: Product) -> list[Difference]:
    """The fields in which a valid form differs from the product as it is now."""
    return [
        Difference(
            label=form.fields[name].label or "",
            theirs=readable(name, getattr(current, name)),
            mine=readable(name, form.cleaned_data[name]),
        )
        for name in ProductForm.Meta.fields
        if getattr(current, name) != form.cleaned_data[name]
    ]


def readable(name: str, value: object) -> str:
    if name == "status":
        return str(Product.Status(str(value)).label)
    return str(formats.localize(value))
