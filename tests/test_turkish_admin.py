"""Turkish in the Django admin: what our models and their fields are called there."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import translation

from media_staging.models import RemoteHealth
from products.models import Product, ProductImage, ProductVariant
from tests.media_staging.photos import staged

APPS = [apps.get_app_config(label) for label in ("media_staging", "products")]
MODELS: list[Any] = [model for app in APPS for model in app.get_models()]
SAME_IN_TURKISH = {"sku", "sha-256", "id"}
# Keys, addresses and types of content are no words.
PATH = re.compile(r"\S*/\S*")


class Words(HTMLParser):
    """The text that a page shows."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.is_code = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.is_code = tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self.is_code = False

    def handle_data(self, data: str) -> None:
        if not self.is_code:
            self.texts.append(PATH.sub(" ", data))


def shown(page: str) -> str:
    words = Words()
    words.feed(page)
    return "\n".join(words.texts)


def names_of(model: Any) -> list[str]:
    return [str(model._meta.verbose_name), str(model._meta.verbose_name_plural)]


def english_names() -> set[str]:
    """Also of fields that no page shows yet."""
    with translation.override("en"):
        names = {str(app.verbose_name) for app in APPS}
        for model in MODELS:
            names.update(names_of(model))
            names.update(str(field.verbose_name) for field in model._meta.concrete_fields)
    return {name.lower() for name in names} - SAME_IN_TURKISH


def pages_of(rows: list[Model]) -> Iterator[str]:
    yield reverse("admin:index")
    yield from (reverse("admin:app_list", args=[app.label]) for app in APPS)
    for row in rows:
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        yield from (reverse(f"{name}_{page}") for page in ("changelist", "add"))
        yield from (reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history"))


def test_every_model_has_a_turkish_name() -> None:
    with translation.override("en"):
        english = [names_of(model) for model in MODELS]
    with translation.override("tr"):
        turkish = [names_of(model) for model in MODELS]
    same = [a for a, b in zip(english, turkish, strict=True) if set(a) & set(b)]
    assert same == []


@pytest.mark.django_db
def test_no_page_of_the_admin_calls_anything_of_ours_by_its_english_name() -> None:
    client = Client(headers={"accept-language": "tr"})
    client.force_login(User.objects.create_superuser("boss"))
    [file] = staged()
    product = Product.objects.create(name="Kupa", price=1)
    ProductVariant.objects.create(product=product, sku="K1", name="Mavi", price=1)
    image = ProductImage.objects.create(product=product, file=file, alt="Kulp")
    health = RemoteHealth.objects.create(remote="depo")
    rows: list[Model] = [file, health, product, image]
    registered = {model for model in MODELS if admin.site.is_registered(model)}
    assert {type(row) for row in rows} == registered

    names = "|".join(map(re.escape, english_names()))
    english = re.compile(rf"\b(?:{names})\b", re.IGNORECASE)
    found = {}
    for page in pages_of(rows):
        answer = client.get(page)
        # A page to look at has no page to add.
        assert answer.status_code == 200 or page.endswith("/add/"), page
        if answer.status_code == 200:
            found[page] = english.findall(shown(answer.content.decode()))
    assert {page: texts for page, texts in found.items() if texts} == {}
