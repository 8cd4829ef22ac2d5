"""The variants of a product in the admin: up to so many that the page stays quick."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin

from products import cells
from products.admin.rows import RowForm, RowFormSet, WithSeen
from products.models import ProductVariant
from products.variants import saving

# Of more than these the product's own page is the place: a row takes the admin 8 ms.
MOST_VARIANTS = 100
VARIANT = ("sku", "name", "price", "stock", "position")


class VariantForm(RowForm):
    compared = VARIANT

    class Meta:
        model = ProductVariant
        fields = VARIANT


class VariantFormSet(RowFormSet):
    def clean(self) -> None:
        """One question for the SKUs of all rows; those that rows of this form leave are free."""
        super().clean()
        arriving: dict[str, Any] = {}
        left: list[int] = []
        forms: Any = self.forms
        for form in forms:
            is_leaving = self.can_delete and self._should_delete_form(form)
            if form.instance.pk and (is_leaving or "sku" in form.columns):
                left.append(form.instance.pk)
            is_new = not form.instance.pk and form.has_changed()
            if not is_leaving and form.is_valid() and (is_new or "sku" in form.columns):
                arriving[form.cleaned_data["sku"]] = form
        rows = ProductVariant.objects.filter(sku__in=arriving).exclude(pk__in=left)
        for sku in rows.values_list("sku", flat=True) if arriving else ():
            arriving[sku].add_error("sku", saving.taken())

    def write(
        self, added: Sequence[Any], changed: Sequence[Any], deleted: Sequence[int]
    ) -> list[Any]:
        rows = [{"id": form.instance.pk, **as_row(form.columns)} for form in changed]
        rows += [as_row(form.cleaned_data) for form in added]
        saving.save(self.instance.pk, rows, deleted, self.saver)
        return [form.instance for form in added]


def as_row(values: cells.Values) -> cells.Values:
    """As a request of the pages names it; without a place it comes last."""
    named = {name: values[name] for name in VARIANT if values.get(name) is not None}
    return {name: cells.as_wire(value) for name, value in named.items()}


class VariantInline(WithSeen, admin.TabularInline):
    model = ProductVariant
    form = VariantForm
    formset = VariantFormSet
    extra = 0
    max_num = MOST_VARIANTS
    fields = VARIANT
