"""The list page: what it shows, finds and costs."""

from typing import Any

import pytest
from django.test import Client

from media_staging.models import StagedFile
from products.models import Product, ProductVariant
from tests.products.shop import add_photos, add_variants, change_file

Status = StagedFile.Status


def listed(client: Client, query: str = "") -> list[Any]:
    answer = client.get(f"/products/{query}")
    assert answer.status_code == 200
    return list(answer.context["page_obj"])


def names(client: Client, query: str = "") -> list[str]:
    return [product.name for product in listed(client, query)]


def test_the_newest_product_is_first(staff: Client, product: Product) -> None:
    Product.objects.create(name="Plate", price=1)
    assert names(staff) == ["Plate", "Mug"]


def test_a_product_shows_its_counts_and_its_cover(staff: Client, product: Product) -> None:
    add_variants(product, "A", "B")
    ProductVariant.objects.filter(sku="B").update(stock=2**31 - 1)
    gone, cover, failed, synced = add_photos(staff, product, "a", "b", "c", "d")
    staff.delete(f"/products/images/{gone}/delete/")
    change_file(failed, status=Status.FAILED)
    change_file(synced, status=Status.SYNCED, remote="filesystem")
    (shown,) = listed(staff)
    assert (shown.variant_count, shown.total_stock) == (2, 2**31)
    assert (shown.image_count, shown.pending_count, shown.failed_count) == (3, 1, 1)
    assert shown.cover == change_file(cover)
    assert shown.cover_url == shown.cover.url
    assert shown.sync_state == "failed"


def test_a_product_without_anything_is_shown(staff: Client, product: Product) -> None:
    (shown,) = listed(staff)
    assert (shown.variant_count, shown.total_stock, shown.image_count) == (0, 0, 0)
    assert (shown.cover, shown.cover_url, shown.sync_state) == (None, "", "")


@pytest.mark.parametrize(("state", "word"), [(Status.STAGED, "pending"), (Status.SYNCED, "synced")])
def test_sync_state(staff: Client, product: Product, state: str, word: str) -> None:
    change_file(add_photos(staff, product, "a")[0], status=state, remote="filesystem")
    assert listed(staff)[0].sync_state == word


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=mug", ["Mug"]),
        ("?q=K-7", ["Mug"]),
        ("?q=+mug+", ["Mug"]),
        ("?q=nothing", []),
        ("?q=%25", []),
        ("?status=active", ["Plate"]),
        ("?status=nonsense", ["Plate", "Mug"]),
        ("?status=draft&q=plate", []),
        ("?page=99999999999999999999", ["Plate", "Mug"]),
        ("?page=x", ["Plate", "Mug"]),
        ("?q=%00mug", ["Mug"]),
        ("?q=" + "%25" * 60_000, []),
    ],
)
def test_search_filter_and_pages(
    staff: Client, product: Product, query: str, found: list[str]
) -> None:
    add_variants(product, "K-71", "K-72")
    Product.objects.create(name="Plate", price=1, status="active")
    assert names(staff, query) == found


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("kırmızı", ["KIRMIZI ŞİŞE", "Kırmızı şişe"]),
        ("KIRMIZI", ["KIRMIZI ŞİŞE", "Kırmızı şişe"]),
        ("şişe", ["KIRMIZI ŞİŞE", "Kırmızı şişe"]),
        ("ŞİŞE", ["KIRMIZI ŞİŞE", "Kırmızı şişe"]),
        ("istanbul", ["İstanbul (50% off) [x]"]),
        ("ISTANBUL (50% OFF) [X]", ["İstanbul (50% off) [x]"]),
        ("i.tanbul", []),
        ("[iı]", []),
        ("i\\", []),
    ],
)
def test_names_are_found_in_turkish_capitals_and_small_letters(
    staff: Client, search: str, found: list[str]
) -> None:
    for name in ("İstanbul (50% off) [x]", "Kırmızı şişe", "KIRMIZI ŞİŞE"):
        Product.objects.create(name=name, price=1)
    assert [p.name for p in staff.get("/products/", {"q": search}).context["page_obj"]] == found


def test_page_links_keep_the_search(staff: Client, product: Product) -> None:
    answer = staff.get("/products/?q=m%26m&status=draft&page=1")
    assert answer.context["query_string"] == "q=m%26m&status=draft"


def test_the_list_costs_the_same_queries_for_1_and_25_products(
    staff: Client, product: Product, django_assert_num_queries: Any
) -> None:
    add_photos(staff, product, "a", "b")
    add_variants(product, "A")
    with django_assert_num_queries(5):
        assert len(listed(staff)) == 1
    for number in range(40):
        another = Product.objects.create(name=str(number), price=1)
        add_variants(another, f"V{number}")
        add_photos(staff, another, "a")
    with django_assert_num_queries(5):
        assert len(listed(staff)) == 25


def test_the_root_leads_to_the_list(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/products/"
