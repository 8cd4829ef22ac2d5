"""The product form, as a browser without JavaScript fills it in and sends it."""

from typing import Any

GOOD = {"name": "Bowl", "description": "Deep", "price": "19.90", "status": "active"}


def hidden(answer: Any) -> dict[str, str]:
    """The hidden fields of a form that was shown, as the browser sends them back."""
    form = answer.context["form"]
    return {field.name: field.value() or "" for field in form.hidden_fields()}
