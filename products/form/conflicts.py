"""What somebody else saved meanwhile, beside what was about to be saved over it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

from products import cells
from products.cells import Told
from products.form.forms import ProductForm


@dataclass(frozen=True)
class Difference:
    """One field, in the words of the form."""

    label: str | Promise
    theirs: Told
    mine: str


def differences(form: ProductForm, told: Mapping[str, Told]) -> list[Difference]:
    """The fields of a valid form that both changed."""
    return [
        Difference(
            form.fields[name].label or "", theirs, cells.shown(name, form.cleaned_data[name])
        )
        for name, theirs in told.items()
    ]
