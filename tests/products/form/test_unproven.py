"""A form without the right security token: nothing is done, and what was typed is shown again."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from media_staging.models import StagedFile
from products.models import Product
from tests.products.form.browser import GOOD
from tests.products.shop import add_photos, add_variants, make_user, photo, signed_in

TYPED = {**GOOD, "name": "As typed"}


@pytest.fixture
def stale(db: None) -> Client:
    """In whose browser somebody signed in in another tab."""
    return signed_in(User.objects.create_superuser("boss"), enforce_csrf_checks=True)


def test_a_new_product_comes_back_as_typed_and_nothing_is_stored(stale: Client) -> None:
    answer = stale.post("/products/new/", {**TYPED, "images": [photo()]})
    assert answer.status_code == 403
    shown = answer.content.decode()
    assert "As typed" in shown
    assert "Choose the photos again." in shown
    assert not Product.everything.exists()
    assert not StagedFile.objects.exists()


def test_a_product_comes_back_with_its_pictures_and_variants_as_typed(stale: Client) -> None:
    boss = signed_in(User.objects.get())
    product = Product.objects.create(name="Mug", price=1)
    (image,) = add_photos(boss, product, "a.jpg")
    add_variants(product, "A")
    typed = {f"image-{image}-alt": "A red field", "variant-0-sku": "B", "variant-0-stock": "7x"}
    answer = stale.post(f"/products/{product.pk}/", {**TYPED, **typed})
    assert answer.status_code == 403
    for text in ("As typed", "A red field", 'value="B"', 'value="7x"'):
        assert text in answer.content.decode()
    assert Product.objects.get().name == "Mug"


@pytest.mark.parametrize("path", ["/products/{}/delete/", "/accounts/logout/", "/i18n/setlang/"])
def test_other_forms_get_a_page_that_says_what_to_do(stale: Client, path: str) -> None:
    product = Product.objects.create(name="Mug", price=1)
    answer = stale.post(path.format(product.pk))
    assert answer.status_code == 403
    assert "Go back, reload the page and try again." in answer.content.decode()
    assert Product.objects.exists()


def test_who_may_not_change_it_is_not_shown_it(db: None) -> None:
    reader = signed_in(make_user("products.view_product"), enforce_csrf_checks=True)
    product = Product.objects.create(name="Mug", price=1)
    answer = reader.post(f"/products/{product.pk}/", TYPED)
    assert answer.status_code == 403
    assert "As typed" not in answer.content.decode()


def test_who_is_signed_out_is_told_that_nothing_was_done(db: None, client: Any) -> None:
    answer = client.post("/products/new/", TYPED, follow=True)
    assert answer.request["PATH_INFO"] == "/accounts/login/"
    assert "You are signed out, so nothing was done." in answer.content.decode()
