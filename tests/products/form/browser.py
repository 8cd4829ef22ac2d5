"""The product form, as a browser without JavaScript fills it in and sends it."""

from typing import Any

from django.contrib.messages import get_messages
from django.test import Client

from products.models import Product
from tests.products.shop import add_photos, send_json

GOOD = {"name": "Bowl", "description": "Deep", "price": "19.90", "status": "active"}


def hidden(answer: Any) -> dict[str, str]:
    """The hidden fields of a form that was shown, as the browser sends them back."""
    form = answer.context["form"]
    return {field.name: field.value() or "" for field in form.hidden_fields()}


# --- A new product, whose photos come first ---------------------------------------------------


def open_form(client: Client) -> dict[str, str]:
    return hidden(client.get("/products/new/"))


def begin(client: Client, form: dict[str, str], *names: str) -> Product:
    """The unsaved product of a form, with photos of these names, as the page makes it."""
    body = {"submission_id": str(form["submission_id"])}
    answer = send_json(client, "/products/unsaved/", body)
    assert answer.status_code == 200, answer.content
    made = answer.json()
    product = Product.everything.get(pk=made["id"])
    assert made["images_url"] == f"/products/{product.pk}/images/"
    assert made["reorder_url"] == f"/products/{product.pk}/reorder-images/"
    form["unsaved"] = str(product.pk)
    if names:
        add_photos(client, product, *names)
    return product


def save(client: Client, form: dict[str, str], **fields: Any) -> Any:
    return client.post("/products/new/", {**GOOD, **form, **fields})


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]
