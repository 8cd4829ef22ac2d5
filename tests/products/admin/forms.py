"""What the tests of the admin share."""

from typing import Any

from products.models import Product

CHANGELIST = "/admin/products/product/"


def change_url(product: Product) -> str:
    return f"{CHANGELIST}{product.pk}/change/"


def fields(answer: Any) -> dict[str, Any]:
    """What a browser sends back of an admin form and its inlines; file inputs stay empty."""
    forms = [answer.context["adminform"].form]
    for inline in answer.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    found = {
        field.html_name: field.value()
        for form in forms
        for field in form
        if not hasattr(field.field, "model_field")
    }
    return {name: value for name, value in found.items() if value is not None}
