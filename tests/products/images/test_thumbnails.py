"""Small pictures on the pages: the thumbnail once it exists, and what is wrong with a picture."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from media_staging.models import StagedFile
from media_staging.thumbnails import making
from media_staging.transfer import draining
from products.models import Product
from tests.products.shop import add_photos, change_file, images_url, photo

# Making a thumbnail is a transaction that a test's own would hide.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of pictures so small that they are their own preview."""
    monkeypatch.setattr(StagedFile, "is_own_preview", False)


def made(client: Client, product: Product, *names: str) -> list[int]:
    """Photos with their thumbnails, all moved."""
    ids = add_photos(client, product, *names)
    draining.drain()
    assert making.make_due().made == len(names)
    draining.drain()
    return ids


def thumbnail_url(pk: int) -> str:
    thumbnail = change_file(pk).thumbnail
    assert thumbnail
    return thumbnail.url


def test_tiles_lists_and_json_show_the_thumbnail(staff: Client, product: Product) -> None:
    (pk,) = made(staff, product, "a")
    url = thumbnail_url(pk)
    (image,) = staff.get(images_url(product)).json()["images"]
    assert image["thumbnail_url"] == url != image["url"]
    assert f'src="{url}"' in staff.get(product.get_absolute_url()).content.decode()
    assert f'src="{url}"' in staff.get("/products/").content.decode()
    assert (
        f'src="{url}"' in staff.get(f"/admin/products/productimage/{pk}/change/").content.decode()
    )
    staff.delete(f"/products/images/{pk}/delete/")
    assert f'src="{url}"' in staff.get(product.get_absolute_url()).content.decode()


def test_thumbnails_are_not_images_of_the_product(staff: Client, product: Product) -> None:
    made(staff, product, "a", "b")
    StagedFile.objects.filter(is_thumbnail=True).update(status=StagedFile.Status.FAILED)
    answer = staff.get(images_url(product)).json()
    assert answer["summary"] == {"total": 2, "synced": 2, "pending": 0, "failed": 0}
    assert answer["next_poll_ms"] is None
    (listed,) = staff.get("/products/").context["page_obj"]
    assert (listed.image_count, listed.sync_state) == (2, "synced")


def test_damage_inside_a_picture_is_shown_on_its_tile(staff: Client, product: Product) -> None:
    data = bytearray(photo().read())
    # The scan ends where it begins; the end marker stays.
    scan = data.index(b"\xff\xda") + 14
    damaged = SimpleUploadedFile("mug.jpg", bytes(data[:scan]) + b"\xff\xd9")
    assert staff.post(images_url(product), {"images": damaged}).status_code == 201
    draining.drain()
    assert making.make_due().given_up == 1
    (image,) = staff.get(images_url(product)).json()["images"]
    assert (image["state"], image["error"]) == ("synced", None)
    assert image["thumbnail_url"] == image["url"]
    assert image["thumbnail_error"]["code"] == "damaged_pixels"
    page = staff.get(product.get_absolute_url()).content.decode()
    assert f"<span data-note-text>{image['thumbnail_error']['message']}</span>" in page


def test_page_and_json_name_the_preview_and_the_etag_follows_it(
    staff: Client, product: Product, two_sizes: None
) -> None:
    (pk,) = made(staff, product, "a")
    answer = staff.get(images_url(product))
    (image,) = answer.json()["images"]
    preview = change_file(pk).preview
    assert preview is not None
    assert image["preview_url"] == preview.url
    page = staff.get(product.get_absolute_url()).content.decode()
    assert f'href="{image["url"]}" data-preview="{preview.url}"' in page
    # Sent again, say.
    StagedFile.objects.filter(pk=preview.pk).update(status=StagedFile.Status.STAGED, remote="")
    again = staff.get(images_url(product), headers={"If-None-Match": answer["ETag"]})
    assert again.json()["images"][0]["preview_url"] == preview.local_url


# Without an ETag the live images are read twice: once for it, once for the answer.
@pytest.mark.parametrize(("query", "queries"), [("", 4), ("?deleted=1", 4)])
def test_thumbnails_cost_the_list_of_images_no_queries(
    staff: Client,
    product: Product,
    django_assert_num_queries: Any,
    query: str,
    queries: int,
    two_sizes: None,
) -> None:
    made(staff, product, "a")
    with django_assert_num_queries(queries):
        staff.get(images_url(product) + query)
    made(staff, product, *map(str, range(30)))
    with django_assert_num_queries(queries):
        staff.get(images_url(product) + query)


def test_thumbnails_cost_the_list_of_products_no_queries(
    staff: Client, product: Product, django_assert_num_queries: Any
) -> None:
    made(staff, product, "a")
    with django_assert_num_queries(5):
        staff.get("/products/")
    for number in range(20):
        made(staff, Product.objects.create(name=str(number), price=1), "a")
    with django_assert_num_queries(5):
        staff.get("/products/")
