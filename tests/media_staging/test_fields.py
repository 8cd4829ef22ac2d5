"""The model fields: in code, in a ModelForm, in the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.forms import modelform_factory
from django.test import Client
from django.test.utils import CaptureQueriesContext

from media_staging.area import staging
from media_staging.models import StagedFile
from products.models import Product, ProductImage
from tests.media_staging.photos import jpeg, staged, upload

pytestmark = pytest.mark.django_db
ImageForm = modelform_factory(ProductImage, fields=["product", "file", "alt", "position"])


@pytest.fixture
def product() -> Product:
    return Product.objects.create(name="Mug", price=1)


def data(product: Product, **changes: Any) -> dict[str, Any]:
    return {"product": product.pk, "alt": "", "position": 0, **changes}


def test_an_upload_can_be_assigned(product: Product) -> None:
    image = ProductImage(product=product)
    image.file = upload()
    image.save()
    image.refresh_from_db()
    assert staging.path(image.file.key).read_bytes() == jpeg()
    assert image.file.url == f"/media/{image.file.key}"


def test_a_form_takes_an_upload(product: Product) -> None:
    form = ImageForm(data(product), {"file": upload()})
    assert form.is_valid(), form.errors
    image = form.save()
    assert image.file.status == "staged"


def test_a_form_refuses_what_is_no_picture_in_words(product: Product) -> None:
    form = ImageForm(data(product), {"file": upload(data=b"words")})
    assert not form.is_valid()
    assert form.errors["file"]
    assert not StagedFile.objects.exists()


def test_a_form_without_a_new_file_keeps_the_old_one_and_shows_it(product: Product) -> None:
    (file,) = staged()
    image = ProductImage.objects.create(product=product, file=file)
    assert file.url in str(ImageForm(instance=image)["file"])
    form = ImageForm(data(product, alt="A mug"), instance=image)
    assert form.is_valid(), form.errors
    form.save()
    image.refresh_from_db()
    assert (image.file_id, image.alt) == (file.pk, "A mug")


def test_deleting_the_owner_lets_go_of_the_file(product: Product) -> None:
    first, second = staged(2)
    ProductImage.objects.create(product=product, file=first).delete()
    ProductImage.objects.create(product=product, file=second)
    ProductImage.objects.all().delete()
    assert set(StagedFile.objects.values_list("status", flat=True)) == {"purging"}


def test_deleting_a_product_lets_go_of_its_files(product: Product) -> None:
    (file,) = staged()
    ProductImage.objects.create(product=product, file=file)
    product.delete()
    assert StagedFile.objects.get().status == "purging"


def test_deleting_many_owners_takes_as_many_queries_as_deleting_one(product: Product) -> None:
    def queries(count: int) -> int:
        images = [ProductImage(product=product, file=file) for file in staged(count)]
        ProductImage.objects.bulk_create(images)
        with CaptureQueriesContext(connection) as captured:
            product.images.all().delete()
        return len(captured)

    assert queries(1) == queries(20)
    assert StagedFile.objects.exclude(status="purging").count() == 0


def test_a_file_that_another_owner_keeps_stays_when_many_go(product: Product) -> None:
    shared, alone = staged(2)
    kept = ProductImage.objects.create(product=product, file=shared)
    going = [ProductImage.objects.create(product=product, file=file) for file in (shared, alone)]
    ProductImage.objects.filter(pk__in=[image.pk for image in going]).delete()
    assert [file.status for file in StagedFile.objects.order_by("pk")] == ["staged", "purging"]
    kept.delete()
    assert set(StagedFile.objects.values_list("status", flat=True)) == {"purging"}


def test_a_deletion_that_is_rolled_back_keeps_the_file(product: Product) -> None:
    (file,) = staged()
    image = ProductImage.objects.create(product=product, file=file)
    with transaction.atomic():
        image.delete()
        transaction.set_rollback(True)
    assert StagedFile.objects.get().status == "staged"


def test_the_admin_shows_and_takes_files(product: Product) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    page = client.get(f"/admin/products/product/{product.pk}/change/")
    assert page.status_code == 200
    assert client.get("/admin/media_staging/stagedfile/").status_code == 200
    (file,) = staged()
    shown = client.get(f"/admin/media_staging/stagedfile/{file.pk}/change/")
    assert file.key in shown.content.decode()


def test_the_admin_retries_failed_files() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    (file,) = staged()
    StagedFile.objects.update(status="failed", due_at=None)
    client.post(
        "/admin/media_staging/stagedfile/",
        {"action": "retry", "_selected_action": [file.pk]},
    )
    assert StagedFile.objects.get().status == "staged"
