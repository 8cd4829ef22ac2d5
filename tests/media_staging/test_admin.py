"""Uploads through the Django admin and through forms, the ways that other projects use."""

from typing import Any

import pytest
from django.forms import modelform_factory
from django.test import Client

from media_staging.admin import shown
from media_staging.area import staging
from media_staging.errors import UploadTooLarge
from media_staging.models import StagedFile
from media_staging.upkeep import cleanup
from products.models import Product, ProductImage
from tests.media_staging.photos import jpeg, staged, upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def product() -> Product:
    return Product.objects.create(name="Mug", price=1)


def inlines(product: Product, images: list[dict[str, Any]], initial: int = 0) -> dict[str, Any]:
    """What the admin's change form of a product posts."""
    data: dict[str, Any] = {
        "name": product.name,
        "description": "",
        "price": "1.00",
        "status": "draft",
        "images-TOTAL_FORMS": len(images),
        "images-INITIAL_FORMS": initial,
        "variants-TOTAL_FORMS": 0,
        "variants-INITIAL_FORMS": 0,
    }
    for number, image in enumerate(images):
        fields = {"alt": "", "position": number, "product": product.pk, **image}
        data |= {f"images-{number}-{name}": value for name, value in fields.items()}
    return data


def save(client: Client, product: Product, data: dict[str, Any]) -> Any:
    return client.post(f"/admin/products/product/{product.pk}/change/", data)


def test_the_admin_takes_an_upload_in_an_inline(admin_client: Client, product: Product) -> None:
    answer = save(admin_client, product, inlines(product, [{"file": upload()}]))
    assert answer.status_code == 302
    image = ProductImage.objects.get()
    assert staging.path(image.file.key).read_bytes() == jpeg()
    page = admin_client.get(f"/admin/products/product/{product.pk}/change/").content.decode()
    assert image.file.url in page


def test_the_admin_says_what_is_wrong_with_a_file(admin_client: Client, product: Product) -> None:
    answer = save(admin_client, product, inlines(product, [{"file": upload(data=b"words")}]))
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not StagedFile.objects.exists()


def test_a_form_shows_what_is_stored_with_its_state_and_reason(product: Product) -> None:
    (file,) = staged()
    StagedFile.objects.update(name="<b>.jpg", status="failed", error_code="remote_refused")
    image = ProductImage.objects.create(product=product, file=StagedFile.objects.get())
    form = modelform_factory(ProductImage, fields=["file"])(instance=image)
    html = form.as_p()
    assert f'src="{file.thumbnail_url}" alt="Preview of &lt;b&gt;.jpg"' in html
    assert "Failed" in html
    assert "The storage does not accept this file." in html
    assert "<b>" not in html
    assert "shown_file.css" in str(form.media)


def test_what_is_no_picture_is_shown_by_its_name() -> None:
    file = StagedFile(key="files/a.pdf", name="manual.pdf", content_type="application/pdf")
    assert "<img" not in shown(file)
    assert "manual.pdf" in shown(file)
    assert shown(None) == ""


def test_a_file_replaced_by_a_form_is_let_go_of_at_once(product: Product) -> None:
    (old,) = staged()
    image = ProductImage.objects.create(product=product, file=old)
    form = modelform_factory(ProductImage, fields=["file"])
    form({}, {"file": upload(data=jpeg(9))}, instance=image).save()
    assert image.file.pk != old.pk
    assert StagedFile.objects.get(pk=old.pk).status == "purging"
    assert cleanup.run_round().purged == [old.key]


def test_a_form_for_a_row_that_has_no_file_yet_can_be_shown(product: Product) -> None:
    form = modelform_factory(ProductImage, fields=["file"])(instance=ProductImage(product=product))
    assert 'type="file"' in form.as_p()


def test_an_upload_larger_than_allowed_is_refused_and_not_kept(
    admin_client: Client, product: Product, settings: Any
) -> None:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MAX_UPLOAD_BYTES": 2000}
    big = jpeg() + b"x" * 500_000
    answer = admin_client.post(f"/products/{product.pk}/images/", {"images": [upload(data=big)]})
    assert answer.status_code == 413
    (kept,) = answer.wsgi_request.FILES.values()
    assert kept.size == len(big)
    with pytest.raises(UploadTooLarge):
        kept.read()
    assert not StagedFile.objects.exists()
