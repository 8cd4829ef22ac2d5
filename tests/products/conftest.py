"""A superuser and a product."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from products.models import Product
from tests.products.shop import signed_in


@pytest.fixture
def staff(db: None) -> Client:
    return signed_in(User.objects.create_superuser("boss"))


@pytest.fixture
def product(db: None) -> Product:
    return Product.objects.create(name="Mug", price="12.50")
