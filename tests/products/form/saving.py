"""The JSON that the page's Save sends."""

from decimal import Decimal
from typing import Any

from django.test import Client

from products.models import Product
from tests.products.shop import send_json


def save(client: Client, product: Product, /, **body: Any) -> Any:
    return send_json(client, product.get_absolute_url(), body)


def saved(client: Client, product: Product, /, **body: Any) -> Any:
    answer = save(client, product, **body)
    assert answer.status_code == 200, answer.content
    return answer.json()


def fields_of(product: Product) -> tuple[str, str, Decimal, str]:
    product.refresh_from_db()
    return product.name, product.description, product.price, product.status
