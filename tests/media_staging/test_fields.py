"""The model fields: in code, in a ModelForm, in the admin."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.forms import modelform_factory
from django.test import Client
from django.test.utils import CaptureQueriesContext

from media_staging.area import staging
from media_staging.fields import StagedFileField
from media_staging.models import StagedFile
from media_staging.states import references
from products.models import Product, ProductImage
from tests.media_staging.owning import model, tables
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


# --- Letting go of what was replaced ------------------------------------------------------------


def status(file: StagedFile) -> str:
    return StagedFile.objects.get(pk=file.pk).status


@pytest.fixture
def image(product: Product) -> ProductImage:
    return ProductImage.objects.create(product=product, file=staged()[0])


def replace_by_upload(image: ProductImage) -> None:
    image.file = upload()
    image.save()


def replace_by_number(image: ProductImage) -> None:
    image.file_id = staged()[0].pk
    image.save()


def replace_only_this_field(image: ProductImage) -> None:
    image.file = upload()
    image.save(update_fields=["file"])


def replace_in_a_form(image: ProductImage) -> None:
    form = ImageForm(data(image.product), {"file": upload()}, instance=image)
    assert form.is_valid(), form.errors
    form.save()


def replace_on_a_fresh_instance(image: ProductImage) -> None:
    ProductImage(pk=image.pk, product=image.product, file=staged()[0]).save()


def replace_by_update_or_create(image: ProductImage) -> None:
    ProductImage.objects.update_or_create(pk=image.pk, defaults={"file": staged()[0]})


REPLACEMENTS = [
    replace_by_upload,
    replace_by_number,
    replace_only_this_field,
    replace_in_a_form,
    replace_on_a_fresh_instance,
    replace_by_update_or_create,
]


@pytest.mark.parametrize("replace", REPLACEMENTS, ids=lambda replace: replace.__name__)
def test_a_file_that_is_replaced_is_let_go(image: ProductImage, replace: Any) -> None:
    old = image.file
    replace(image)
    assert status(old) == "purging"
    assert status(ProductImage.objects.get().file) == "staged"


def test_a_replacement_that_is_rolled_back_keeps_the_old_file(image: ProductImage) -> None:
    old = image.file
    with transaction.atomic():
        replace_by_upload(image)
        transaction.set_rollback(True)
    assert status(old) == "staged"


def test_two_owners_exchange_their_files_each_saved_on_its_own(image: ProductImage) -> None:
    other = ProductImage.objects.create(product=image.product, file=upload())
    mine, theirs = image.file, other.file
    image.file, other.file = theirs, mine
    image.save()
    other.save()
    assert [ProductImage.objects.get(pk=each.pk).file for each in (image, other)] == [theirs, mine]
    assert status(mine) == status(theirs) == "staged"


def test_a_replaced_file_that_another_owner_has_stays(image: ProductImage) -> None:
    old = image.file
    ProductImage.objects.create(product=image.product, file=old)
    replace_by_upload(image)
    assert status(old) == "staged"


def test_a_save_of_other_fields_lets_go_of_nothing(image: ProductImage) -> None:
    old = image.file
    image.file = upload()
    image.save(update_fields=["alt"])
    assert status(old) == "staged"


def test_an_update_leaves_the_old_file_to_the_sweep(image: ProductImage) -> None:
    old = image.file
    ProductImage.objects.update(file=staged()[0])
    assert status(old) == "staged"
    assert [old.pk] in list(references.unreferenced(StagedFile.objects.all()))


def test_what_a_save_asks_of_the_database(product: Product) -> None:
    (file,) = staged()
    table = f'"{StagedFile._meta.db_table}"'
    own = f'FROM "{ProductImage._meta.db_table}"'

    def counted(change: Any) -> tuple[int, int]:
        with CaptureQueriesContext(connection) as captured:
            change()
        statements = [query["sql"] for query in captured]
        reads = sum(own in each for each in statements)
        return reads, sum(table in each and "UPDATE" in each for each in statements)

    image = ProductImage(product=product, file_id=file.pk)
    # Added: only the file is held. Saved again: one look at the row. Other fields: nothing.
    assert counted(image.save) == (0, 1)
    assert counted(image.save) == (1, 0)
    assert counted(lambda: image.save(update_fields=["alt"])) == (0, 0)


# --- Proxies, parents, cleared fields -------------------------------------------------------------


@pytest.fixture
def poster(transactional_db: None) -> Iterator[Any]:
    """A model whose field may be empty, its proxy, and one that inherits from it, with a proxy."""
    optional = StagedFileField(null=True, blank=True)
    made = model("Poster", file=optional, title=models.TextField(default=""))
    proxy = model("PosterProxy", made, meta={"proxy": True})
    child = model("BigPoster", made, back=StagedFileField(null=True))
    child_proxy = model("BigPosterProxy", child, meta={"proxy": True})
    with tables(made, proxy, child, child_proxy):
        yield {"model": made, "proxy": proxy, "child": child, "child's proxy": child_proxy}


def test_a_cleared_field_lets_go(poster: Any) -> None:
    (file,) = staged()
    owner = poster["model"].objects.create(file=file)
    owner.file = None
    owner.save()
    assert status(file) == "purging"


@pytest.mark.parametrize("kind", ["model", "proxy", "child", "child's proxy"])
def test_whatever_the_model_a_replaced_file_is_let_go(poster: Any, kind: str) -> None:
    old, new = staged(2)
    owner = poster[kind].objects.create(file=old)
    owner.file = new
    owner.save()
    assert (status(old), status(new)) == ("purging", "staged")


@pytest.mark.parametrize("through", ["instance", "queryset"])
@pytest.mark.parametrize("kind", ["model", "proxy", "child", "child's proxy"])
def test_whatever_the_model_its_deletion_lets_go(poster: Any, kind: str, through: str) -> None:
    (file,) = staged()
    owner = poster[kind].objects.create(file=file)
    (owner if through == "instance" else poster[kind].objects.all()).delete()
    assert status(file) == "purging"


@pytest.mark.parametrize("kind", ["child", "child's proxy"])
def test_a_child_lets_go_of_its_own_file_and_its_parents(poster: Any, kind: str) -> None:
    files = staged(4)
    owner = poster[kind].objects.create(file=files[0], back=files[1])
    owner.file, owner.back = files[2], files[3]
    owner.save()
    assert [status(file) for file in files] == ["purging", "purging", "staged", "staged"]
    poster["model"].objects.all().delete()
    assert {status(file) for file in files} == {"purging"}


def test_deleting_what_owns_no_file_stays_one_statement(django_assert_num_queries: Any) -> None:
    user = User.objects.create(username="boss")
    entry = LogEntry.objects.create(user=user, action_flag=1)
    with django_assert_num_queries(1):
        LogEntry.objects.filter(pk=entry.pk).delete()
