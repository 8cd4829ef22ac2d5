"""A staging area of its own for each test, a clock to move, a superuser and a product."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from products.models import Product
from tests.products.shop import signed_in


@pytest.fixture(autouse=True)
def staging_area(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_STAGING = {
        **django_settings.MEDIA_STAGING,
        "ROOT": tmp_path,
        "MIN_FREE_BYTES": 0,
    }
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    return tmp_path


class Clock:
    """The app's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Iterator[Clock]:
    moved = Clock()
    with mock.patch("media_staging.clock.now", lambda: moved.now):
        yield moved


@pytest.fixture
def staff(db: None) -> Client:
    return signed_in(User.objects.create_superuser("boss"))


@pytest.fixture
def product(db: None) -> Product:
    return Product.objects.create(name="Mug", price="12.50")
