"""`dumpdata` and `loaddata`: owners name their file by its key, in every format."""

import json
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.serializers.base import DeserializationError
from django.db import IntegrityError, models

from media_staging.fields import StagedFileField
from media_staging.models import StagedFile
from products.models import Product, ProductImage
from tests.media_staging.owning import model, tables
from tests.media_staging.photos import staged, synced

pytestmark = pytest.mark.django_db(transaction=True)
FORMATS = ["json", "jsonl", "xml", "yaml"]
FLAGS = {
    "plain": (),
    "natural foreign keys": ("--natural-foreign",),
    "natural keys": ("--natural-foreign", "--natural-primary"),
}
OWNERS, FILES = "products", "media_staging.stagedfile"


@pytest.fixture(params=FORMATS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def dump(form: str, *arguments: str) -> str:
    out = StringIO()
    call_command("dumpdata", *arguments, format=form, stdout=out)
    return out.getvalue()


def load(folder: Path, form: str, text: str) -> None:
    fixture = folder / f"fixture.{form}"
    fixture.write_text(text)
    call_command("loaddata", fixture, verbosity=0)


def forget_everything() -> None:
    ProductImage.objects.all()._raw_delete("default")
    Product.objects.all()._raw_delete("default")
    StagedFile.objects.update(thumbnail=None)
    StagedFile.objects.all()._raw_delete("default")


def rows() -> list[list[dict[str, Any]]]:
    """Without parts of a millisecond, which JSON leaves out."""
    tables = (Product, ProductImage, StagedFile)
    found = [list(each.objects.order_by("pk").values()) for each in tables]
    for row in chain.from_iterable(found):
        for name, value in row.items():
            if isinstance(value, datetime):
                row[name] = value.replace(microsecond=value.microsecond // 1000 * 1000)
    return found


def shop(count: int = 2) -> list[ProductImage]:
    product = Product.objects.create(name="Çay bardağı", price="12.50")
    return [
        ProductImage.objects.create(product=product, file=file, position=number)
        for number, file in enumerate(synced(count))
    ]


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("order", [(FILES, OWNERS), (OWNERS, FILES)])
def test_the_shop_comes_back_from_a_fixture(
    form: str, flags: str, order: tuple[str, str], tmp_path: Path
) -> None:
    """Also where the files come after their owners, as with `dumpdata` alone."""
    images, before = shop(), rows()
    text = dump(form, *order, *FLAGS[flags])
    assert all(image.file.key in text.partition(FILES)[2] for image in images)
    forget_everything()
    load(tmp_path, form, text)
    assert rows() == before
    # Once more, over what is there.
    load(tmp_path, form, text)
    assert rows() == before


def test_everything_comes_back_into_an_empty_database(form: str, tmp_path: Path) -> None:
    shop()
    before = rows()
    text = dump(form, "--exclude=contenttypes", "--exclude=auth.permission")
    call_command("flush", interactive=False, verbosity=0)
    load(tmp_path, form, text)
    assert rows() == before


@pytest.mark.parametrize("flags", FLAGS)
def test_an_owner_names_its_file_by_the_key(form: str, flags: str) -> None:
    (image,) = shop(1)
    text = dump(form, "products.productimage", *FLAGS[flags])
    named = {
        "json": f'"file": ["{image.file.key}"]',
        "jsonl": f'"file": ["{image.file.key}"]',
        "xml": f"<natural>{image.file.key}</natural>",
        "yaml": f"    file:\n    - {image.file.key}\n",
    }
    assert named[form] in text


def test_a_file_keeps_its_number_which_its_object_knows(form: str, tmp_path: Path) -> None:
    images = shop(3)
    numbers = [image.file_id for image in images]
    text = dump(form, FILES, OWNERS, *FLAGS["natural keys"])
    forget_everything()
    synced(1)
    StagedFile.objects.all()._raw_delete("default")
    load(tmp_path, form, text)
    assert list(ProductImage.objects.order_by("pk").values_list("file_id", flat=True)) == numbers


def test_a_fixture_without_its_files_is_refused_with_the_key(form: str, tmp_path: Path) -> None:
    (image,) = shop(1)
    text = dump(form, OWNERS)
    forget_everything()
    with pytest.raises(DeserializationError, match=image.file.key) as refusal:
        load(tmp_path, form, text)
    assert "media_staging.stagedfile" in str(refusal.value)
    assert rows() == [[], [], []]


def test_a_fixture_that_names_no_file_where_one_must_be_is_refused(tmp_path: Path) -> None:
    shop(1)
    text = dump("json", OWNERS)
    owners = json.loads(text)
    for each in owners:
        if "file" in each["fields"]:
            each["fields"]["file"] = None
    with pytest.raises(IntegrityError):
        load(tmp_path, "json", json.dumps(owners))


# --- A field that may be empty, and models that inherit ---------------------------------------


@pytest.fixture
def poster(transactional_db: None) -> Iterator[Any]:
    made = model("Poster", file=StagedFileField(null=True), title=models.TextField(default=""))
    child = model("BigPoster", made, back=StagedFileField())
    with tables(made, child):
        yield {"model": made, "child": child}


@pytest.mark.parametrize("order", [(FILES, "products"), ("products", FILES)])
def test_fields_that_may_be_empty_and_models_that_inherit(
    poster: Any, form: str, order: tuple[str, str], tmp_path: Path
) -> None:
    first, second = staged(2)
    poster["model"].objects.create()
    poster["child"].objects.create(file=first, back=second)
    text = dump(form, *order)
    for each in (poster["child"], poster["model"]):
        each._base_manager.all()._raw_delete("default")
    forget_everything()
    load(tmp_path, form, text)
    assert poster["model"].objects.order_by("pk")[0].file is None
    loaded = poster["child"].objects.get()
    assert (loaded.file.key, loaded.back.key) == (first.key, second.key)
