"""Forms of the admin that know what they showed: what somebody else changed meanwhile stays."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from products import cells
from products.cells import Conflict, Told, Values
from products.models import Product

PRODUCT = ("name", "description", "price", "status")


class SeenForm(forms.ModelForm):
    """Only what was changed in the form is saved; `columns` names that, once the form is clean.

    A field that somebody else changed too is an error, until the form is sent again.
    """

    # The fields that are compared. A file is one only when it is sent.
    compared: tuple[str, ...] = ()

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns: Values = {}
        if self.instance.pk:
            self.initial["seen"] = self.as_text({})

    def as_text(self, seen: Values) -> str:
        """The hidden field's text; what `seen` does not say is as the row has it now."""
        now = {name: getattr(self.instance, name) for name in self.compared}
        return json.dumps({name: cells.as_wire(each) for name, each in {**now, **seen}.items()})

    def clean(self) -> Values:
        cleaned: Values = super().clean() or self.cleaned_data
        if not self.instance.pk:
            return cleaned
        seen = self.read_seen()
        wanted = {name: cleaned[name] for name in self.compared if name in cleaned}
        self.columns, conflicts = self.merge(wanted, seen)
        for name in wanted.keys() - self.columns.keys() - conflicts.keys():
            cleaned[name] = getattr(self.instance, name)
        if conflicts:
            self.ask(cells.tell({"": conflicts}, cells.NOBODY)[""], seen)
        return cleaned

    def merge(self, wanted: Values, seen: Values) -> tuple[Values, dict[str, Conflict]]:
        return cells.merge(self.instance, wanted, seen, cells.NOBODY)

    def read_seen(self) -> Values:
        try:
            raw = json.loads(self.cleaned_data.get("seen", ""))
        except (ValueError, RecursionError):
            return {}
        return cells.read_seen(raw, self.compared) if isinstance(raw, dict) else {}

    def ask(self, conflicts: dict[str, Told], seen: Values) -> None:
        """Sent again, these fields are meant as they are typed."""
        for name, told in conflicts.items():
            self.add_error(name, f"{told.sentence} {_('Save again to keep yours.')}")
        now = {name: told.conflict.now for name, told in conflicts.items()}
        self.show_as_seen(self.as_text({**seen, **now}))

    def show_as_seen(self, text: str) -> None:
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data[self.add_prefix("seen")] = text
        self.data = data


class ProductForm(SeenForm):
    compared = PRODUCT

    class Meta:
        model = Product
        fields = PRODUCT
