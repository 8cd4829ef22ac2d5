"""The form without JavaScript: what others saved meanwhile, what was sent before and typed."""

import re
from decimal import Decimal
from html import unescape
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from media_staging.models import StagedFile
from products.models import Product, ProductImage
from tests.products.form.browser import GOOD, hidden
from tests.products.shop import (
    add_photos,
    add_variants,
    names_in_order,
    not_a_photo,
    photo,
    send_json,
    signed_in,
    skus,
)


def inputs(answer: Any) -> dict[str, str]:
    """All fields of the form as a browser without JavaScript would send them back."""
    page = answer.content.decode()
    page = page[page.index('id="product-form"') : page.index("data-save-bar")]
    page = re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        named = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        ticked = named.get("type") != "checkbox" or " checked" in tag
        if named.get("type") != "file" and "name" in named and ticked:
            found[named["name"]] = unescape(named.get("value", "on"))
    text = re.search(r'<textarea name="description"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    status = re.search(r'<option value="(\w+)" selected>', page)
    assert text
    assert status
    return {**found, "description": unescape(text[1]).strip(), "status": status[1]}


def opened(client: Client, product: Product) -> dict[str, str]:
    return inputs(client.get(product.get_absolute_url()))


def send(client: Client, product: Product, fields: dict[str, str], **changed: Any) -> Any:
    named = {name.replace("__", "-"): value for name, value in changed.items()}
    return client.post(product.get_absolute_url(), {**fields, **named})


def colleague() -> Client:
    return signed_in(User.objects.create_superuser("ayse"))


# --- Others ------------------------------------------------------------------------------------


def test_only_what_i_changed_is_mine(staff: Client, product: Product) -> None:
    (pk,) = add_photos(staff, product, "a")
    a, _b = add_variants(product, "A", "B")
    mine = opened(staff, product)
    theirs = {"product": {"name": "Jug"}, "alts": {str(pk): {"alt": "Theirs"}}}
    rows = [{"id": a.pk, "stock": 8}]
    send_json(colleague(), product.get_absolute_url(), {**theirs, "variants": rows})
    answer = send(staff, product, mine, price="9.00", variant__1__stock="5")
    assert answer.status_code == 302
    product.refresh_from_db()
    assert (product.name, product.price) == ("Jug", Decimal("9.00"))
    assert [each.stock for each in product.variants.all()] == [8, 5]
    assert ProductImage.objects.get().alt == "Theirs"


def test_what_both_changed_is_asked_about_and_saved_when_sent_again(
    staff: Client, product: Product
) -> None:
    (pk,) = add_photos(staff, product, "a")
    (a,) = add_variants(product, "A")
    mine = opened(staff, product)
    theirs = {"product": {"name": "Jug", "status": "active"}, "alts": {str(pk): {"alt": "Theirs"}}}
    rows = [{"id": a.pk, "stock": 8, "price": "7.00"}]
    send_json(colleague(), product.get_absolute_url(), {**theirs, "variants": rows})
    changed = {"name": "Pot", "variant-0-stock": "15", f"image-{pk}-alt": "Mine"}
    answer = send(staff, product, mine, **changed)
    assert answer.status_code == 200
    said = answer.content.decode()
    assert said.count("ayse, ") == 3
    again = inputs(answer)
    assert {name: again[name] for name in changed} == changed
    assert again["status"] == "active"
    product.refresh_from_db()
    assert (product.name, product.variants.get().stock) == ("Jug", 8)
    assert send(staff, product, again).status_code == 302
    product.refresh_from_db()
    variant = product.variants.get()
    assert (product.name, product.status) == ("Pot", "active")
    assert (variant.stock, variant.price) == (15, Decimal("7.00"))
    assert ProductImage.objects.get().alt == "Mine"


def test_a_hidden_field_that_cannot_be_read_says_nothing(staff: Client, product: Product) -> None:
    add_variants(product, "A")
    fields = {**opened(staff, product), "seen": "[", "variant-0-seen": '{"a": 1}'}
    assert send(staff, product, fields, name="Jug", variant__0__stock="3").status_code == 302
    assert product.variants.get().stock == 3


# --- Typed and wrong ---------------------------------------------------------------------------


def test_everything_stays_as_typed_beside_an_error(staff: Client, product: Product) -> None:
    a, b, c = add_photos(staff, product, "a", "b", "c")
    (v,) = add_variants(product, "A")
    staff.delete(f"/products/images/{c}/delete/")
    typed = {
        f"image-{a}-position": "2",
        f"image-{a}-alt": "Blue",
        f"image-{b}-alt": "",
        f"image-{b}-delete": "on",
        f"image-{c}-restore": "on",
        "variant-0-sku": "",
        "variant-1-name": "Half typed",
    }
    answer = send(staff, product, opened(staff, product), **typed)
    assert answer.status_code == 200
    shown = inputs(answer)
    assert {name: shown[name] for name in typed} == typed
    assert names_in_order(staff, product) == ["a", "b"]
    assert send(staff, product, shown, **{"variant-0-sku": "A2", "variant-1-name": ""})
    assert names_in_order(staff, product) == ["a", "c"]
    assert ProductImage.objects.get(pk=a).alt == "Blue"
    v.refresh_from_db()
    assert v.sku == "A2"


def test_an_alt_text_that_does_not_fit_says_so_beside_it(staff: Client, product: Product) -> None:
    (pk,) = add_photos(staff, product, "a")
    answer = send(staff, product, opened(staff, product), **{f"image-{pk}-alt": "x" * 256})
    assert "at most 255 characters" in answer.content.decode()
    assert inputs(answer)[f"image-{pk}-alt"] == "x" * 256


# --- Sent again --------------------------------------------------------------------------------


def test_a_corrected_edit_is_saved_on_the_same_product(staff: Client, product: Product) -> None:
    fields = opened(staff, product)
    row = {"variant-0-sku": "A", "variant-0-name": "x", "variant-0-price": "1"}
    first = {**fields, **row, "variant-0-stock": "1", "name": "Jig"}
    send(staff, product, first, images=photo("a", 1))
    second = {**first, "name": "Jug", "variant-0-stock": "2"}
    answer = send(staff, product, second, images=[photo("a", 1), photo("b", 2)])
    assert answer.status_code == 302
    product.refresh_from_db()
    assert (product.name, product.version) == ("Jug", 3)
    assert [(each.sku, each.stock) for each in product.variants.all()] == [("A", 2)]
    assert names_in_order(staff, product) == ["a", "b"]


def test_a_corrected_edit_needs_no_more_than_its_version(staff: Client, product: Product) -> None:
    form = hidden(staff.get(product.get_absolute_url()))
    form.pop("seen")
    for name, price in (("Jig", "1.00"), ("Jug", "2.00")):
        assert send(staff, product, {**GOOD, **form}, name=name, price=price).status_code == 302
    product.refresh_from_db()
    assert (product.name, product.price) == ("Jug", Decimal("2.00"))


def test_a_corrected_new_product_is_an_edit_of_the_one_it_made(staff: Client) -> None:
    form = hidden(staff.get("/products/new/"))
    first = staff.post("/products/new/", {**GOOD, **form, "images": photo("a", 1)})
    corrected = {**GOOD, **form, "name": "Basin", "images": [photo("a", 1), photo("b", 2)]}
    second = staff.post("/products/new/", corrected)
    assert second.url == first.url
    product = Product.objects.get()
    assert (product.name, product.version) == ("Basin", 2)
    assert names_in_order(staff, product) == ["a", "b"]
    assert StagedFile.objects.count() == 2


def test_a_refused_photo_belongs_to_what_was_sent(staff: Client) -> None:
    form = hidden(staff.get("/products/new/"))
    staff.post("/products/new/", {**GOOD, **form, "images": not_a_photo()})
    staff.post("/products/new/", {**GOOD, **form, "images": photo("a")})
    assert names_in_order(staff, Product.objects.get()) == ["a"]


def test_variants_of_a_corrected_product_are_deleted_once(staff: Client, product: Product) -> None:
    add_variants(product, "A", "B")
    fields = {**opened(staff, product), "variant-0-delete": "on"}
    send(staff, product, fields)
    assert send(staff, product, fields, name="Jug").status_code == 302
    assert skus(product) == ["B"]
