"""Filled stencils are what the templates would have rendered."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from media_staging.models import StagedFile
from products.images import tiles
from products.images.gallery import Gallery
from products.images.tiles import Tile
from products.models import Product, ProductVariant
from products.stencil import Stencil, mark
from products.variants import table
from products.variants.table import VariantRow
from tests.products.shop import add_photos, add_variants, change_file, photo

Status = StagedFile.Status
NASTY = "<b>\"&'{name}</b> \ue000sku\ue001 İı"


def test_values_are_escaped_and_never_taken_for_marks() -> None:
    stencil = Stencil(
        f"<p title='{mark('a')}'>{mark('b')}{mark('a')}", {"a": mark("a"), "b": mark("b")}
    )
    assert stencil.fill({"a": mark("b"), "b": "<&'>"}) == (
        f"<p title='{mark('b')}'>&lt;&amp;&#x27;&gt;{mark('b')}"
    )


def test_html_without_marks_stays() -> None:
    assert Stencil("<hr>", {"a": mark("a")}).fill({"a": "x"}) == "<hr>"


@pytest.mark.parametrize("can_change", [True, False])
@pytest.mark.parametrize("language", ["en", "tr"])
def test_variant_rows(product: Product, language: str, can_change: bool) -> None:
    add_variants(product, "A")
    ProductVariant.objects.create(
        product=product, sku=NASTY, name=NASTY, price="1234.5", position=7
    )
    with translation.override(language):
        rows = table.shown(product.variants.all())
        rows.append(VariantRow(index=9, sku="B", errors={"sku": ["Taken."], "price": ["Bad."]}))
        context = {"can_change": can_change, "in_form": True}
        rendered = [
            render_to_string("products/variants/_row.html", {**context, "row": row}) for row in rows
        ]
        assert table.as_html(rows, can_change=can_change) == "".join(rendered)


@pytest.mark.parametrize("can_change", [True, False])
def test_image_tiles_in_every_state(
    staff: Client, product: Product, can_change: bool, settings: Any
) -> None:
    ids = add_photos(staff, product, *"abcdef", NASTY)
    staff.post(f"/products/{product.pk}/images/", {"images": [photo(NASTY, 2), photo("again", 2)]})
    for pk, state in zip(
        ids, ["staged", "transferring", "synced", "failed", "staged"], strict=False
    ):
        change_file(pk, status=state, remote="filesystem")
    change_file(ids[3], error_code="damaged", due_at=None)
    change_file(ids[4], error_code="remote_unavailable")
    product.images.filter(pk__in=ids[1:]).update(alt=NASTY)
    gallery = Gallery.of(product.pk)
    shown = [Tile.of(gallery, image) for image in gallery.live]
    assert [bool(tile.same_as) for tile in shown[-3:]] == [False, True, True]
    rendered = [
        render_to_string(
            "products/images/_tile.html", {"image": tile, "place": place, "can_change": can_change}
        )
        for place, tile in enumerate(shown, start=1)
    ]
    assert tiles.as_html(shown, can_change=can_change) == "".join(rendered)
