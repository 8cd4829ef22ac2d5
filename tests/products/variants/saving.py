"""A save of variants, as the page sends it."""

from typing import Any

from django.test import Client

from products.models import Product
from tests.products.shop import send_json


def save(client: Client, product: Product, *rows: Any, delete: Any = ()) -> Any:
    body = {"variants": list(rows), "delete": list(delete)}
    return send_json(client, f"/products/{product.pk}/variants/", body)
