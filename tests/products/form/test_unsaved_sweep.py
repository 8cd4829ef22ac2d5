"""What becomes of a new product that nobody saves."""

import pytest
from django.test import Client

from media_staging.models import StagedFile
from products.models import Product
from tests.conftest import Clock
from tests.products.form.browser import begin, open_form, said, save
from tests.products.shop import add_photos, delete, expire, photo, reorder, send_json

DAY = 86_400


def test_what_nobody_saves_is_swept_with_its_photos(maker: Client, clock: Clock) -> None:
    product = begin(maker, open_form(maker), "a", "b")
    empty = begin(maker, open_form(maker))
    clock.forward(seconds=DAY - 1)
    assert expire() == []
    clock.forward(seconds=1)
    keys = list(product.images.order_by("pk").values_list("file__key", flat=True))
    assert expire(dry_run=True) == keys
    assert Product.everything.count() == 2
    assert expire() == keys
    assert not Product.everything.exists(), empty
    assert set(StagedFile.objects.values_list("status", flat=True)) == {"purging"}


@pytest.mark.parametrize(
    "change", ["add", "alt", "reorder", "delete", "restore", "replace", "none"]
)
def test_a_change_of_its_pictures_puts_that_off(maker: Client, clock: Clock, change: str) -> None:
    product = begin(maker, open_form(maker))
    a, b = add_photos(maker, product, "a", "b")
    clock.forward(seconds=DAY - 60)
    delete(maker, b)
    clock.forward(seconds=59)
    answer = {
        "add": lambda: maker.post(f"/products/{product.pk}/images/", {"images": photo()}),
        "alt": lambda: send_json(maker, f"/products/images/{a}/", {"alt": "Sea"}, "patch"),
        "reorder": lambda: reorder(maker, product, [a]),
        "delete": lambda: delete(maker, a),
        "restore": lambda: maker.post(f"/products/images/{b}/restore/"),
        "replace": lambda: maker.post(f"/products/images/{a}/replace/", {"image": photo()}),
        "none": lambda: maker.get(f"/products/{product.pk}/images/"),
    }[change]()
    assert answer.status_code in {200, 201}
    clock.forward(seconds=DAY - 30)
    expire()
    assert Product.everything.exists() == (change != "none")


def test_a_saved_product_is_never_swept(maker: Client, clock: Clock) -> None:
    form = open_form(maker)
    begin(maker, form, "a")
    clock.forward(seconds=DAY - 1)
    save(maker, form)
    clock.forward(seconds=100 * DAY)
    expire()
    assert Product.objects.get().images.count() == 1


def test_a_form_whose_photos_were_swept_says_so_and_is_saved(maker: Client, clock: Clock) -> None:
    form = open_form(maker)
    begin(maker, form, "a")
    clock.forward(seconds=DAY)
    expire()
    answer = save(maker, form)
    assert answer.status_code == 302
    assert any("cleaned up" in text for text in said(answer))
    assert Product.objects.get().name == "Bowl"
    assert not any("cleaned up" in text for text in said(save(maker, open_form(maker))))
