"""The product form. What arrives with it besides the fields: `edits.py`, `kept.py`."""

import json
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import formats
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from products import cells
from products.cells import Values
from products.models import Product

FIELDS = ("name", "description", "price", "status")
IMAGE_TYPES = "image/jpeg,image/png,image/webp,image/gif,image/avif"


class ImagesInput(forms.FileInput):
    """A file input that takes several."""

    allow_multiple_selected = True

    def value_from_datadict(
        self, data: Any, files: MultiValueDict[str, UploadedFile], name: str
    ) -> list[UploadedFile]:
        return files.getlist(name)


class ProductForm(forms.ModelForm):
    """Prices are typed in the reader's locale. Photos are judged one by one at intake, not here."""

    images = forms.Field(
        label=_("Images"),
        required=False,
        widget=ImagesInput(attrs={"multiple": True, "accept": IMAGE_TYPES}),
    )
    submission_id = forms.CharField(required=False, widget=forms.HiddenInput)
    version = forms.CharField(required=False, widget=forms.HiddenInput)
    # What was in the fields when the form was shown, so that only what was changed is saved.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    kept_images = forms.CharField(required=False, widget=forms.HiddenInput)
    # Not empty: an unsaved product holds photos of this form.
    unsaved = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Product
        fields = FIELDS
        widgets = {
            "name": forms.TextInput(attrs={"dir": "auto"}),
            "description": forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("submission_id", uuid4())
        if self.instance.pk:
            self.initial.setdefault("version", self.instance.version)
            self.initial.setdefault("seen", seen_of(self.instance))

    def clean_submission_id(self) -> UUID | None:
        """One that we did not make counts as none."""
        try:
            return UUID(self.cleaned_data["submission_id"])
        except ValueError:
            return None

    def clean_version(self) -> int | None:
        text = self.cleaned_data["version"]
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def clean_seen(self) -> Values:
        """What cannot be read was not seen."""
        try:
            raw = json.loads(self.cleaned_data["seen"])
        except (ValueError, RecursionError):
            return {}
        return cells.read_seen(raw, FIELDS) if isinstance(raw, dict) else {}

    @property
    def values(self) -> Values:
        """The fields of the product, of a valid form."""
        return {name: self.cleaned_data[name] for name in FIELDS}

    def lock(self) -> None:
        """Show everything to somebody who may change nothing."""
        for field in self.fields.values():
            field.disabled = True

    @property
    def uploads(self) -> list[UploadedFile]:
        return self.files.getlist("images") if self.is_bound else []

    def show(self, **hidden: object) -> None:
        """Put other values into hidden fields before the form is shown again."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        for name, value in hidden.items():
            data[name] = str(value)
        self.data = data


def seen_of(product: Product) -> str:
    """The hidden field's text: the fields as they are now."""
    return json.dumps({name: cells.as_wire(getattr(product, name)) for name in FIELDS})


def as_typed(product: Product) -> dict[str, str]:
    """The fields as their reader would have typed them."""
    price = formats.number_format(product.price, 2, use_l10n=True, force_grouping=False)
    return {**{name: getattr(product, name) for name in FIELDS}, "price": price}
