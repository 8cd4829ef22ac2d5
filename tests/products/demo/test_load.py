import json
import os
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from media_staging.models import StagedFile
from products.demo.catalogue import CATALOGUE
from products.demo.load import Loaded, load_demo
from products.models import Product, ProductImage, ProductVariant

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]

# Photos with a position and stored on their side.
FEW = [
    replace(CATALOGUE[0], photos=CATALOGUE[0].photos[1:3]),
    replace(CATALOGUE[1], photos=CATALOGUE[1].photos[:1]),
]


@pytest.fixture
def loaded() -> Loaded:
    return load_demo(FEW)


def everything() -> list[object]:
    tables = (Product, ProductVariant, ProductImage, StagedFile, User)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_products_come_with_variants_and_photos_in_order(loaded: Loaded) -> None:
    mug = Product.objects.get(name=FEW[0].name)

    assert loaded == Loaded(products=2, photos=3, users=1)
    assert [image.alt for image in mug.images.all()] == [photo.alt for photo in FEW[0].photos]
    assert [image.file.name for image in mug.images.all()] == [p.name for p in FEW[0].photos]
    assert [variant.sku for variant in mug.variants.all()] == [v.sku for v in FEW[0].variants]
    assert mug.status == FEW[0].status


def test_first_of_the_catalogue_is_first_in_the_list(loaded: Loaded) -> None:
    assert [product.name for product in Product.objects.all()] == [each.name for each in FEW]


def test_photos_are_durable_and_wait_for_their_transfer(loaded: Loaded, staging_area: Path) -> None:
    for file in StagedFile.objects.all():
        assert file.status == StagedFile.Status.STAGED
        assert any(
            path.stat().st_size == file.size for path in staging_area.rglob(Path(file.key).name)
        )


def test_running_twice_changes_nothing(loaded: Loaded) -> None:
    before = everything()

    assert load_demo(FEW) == Loaded()
    assert everything() == before


def test_deleted_product_stays_deleted(loaded: Loaded) -> None:
    Product.objects.get(name=FEW[0].name).delete()

    assert load_demo(FEW) == Loaded()
    assert Product.objects.count() == 1


def test_superuser_can_sign_in(loaded: Loaded) -> None:
    user = User.objects.get(username="demo")

    assert user.is_superuser
    assert user.is_staff
    assert user.check_password("demo")


def test_password_of_an_existing_user_is_left_alone() -> None:
    User.objects.create_user("demo", password="something better")

    assert load_demo(FEW).users == 0
    assert User.objects.get(username="demo").check_password("something better")


def test_full_disk_is_one_sentence_and_no_product(settings: Any) -> None:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "MIN_FREE_BYTES": 1 << 62}

    with pytest.raises(CommandError):
        call_command("demo_data")

    assert not Product.objects.exists()


def test_command_says_what_it_added(loaded: Loaded) -> None:
    output = StringIO()

    call_command("demo_data", "--json", stdout=output)

    assert json.loads(output.getvalue()) == {"products": 0, "photos": 0, "users": 0}


def test_command_makes_the_tables_first_when_asked(tmp_path: Path) -> None:
    env = {**os.environ, "VAR_DIR": str(tmp_path), "MEDIA_REMOTE": "filesystem"}
    for name in ("DATABASE_URL", "REDIS_URL"):
        env.pop(name, None)
    command = [sys.executable, "manage.py", "demo_data", "--migrate", "--json"]

    made = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=True, text=True)

    photos = sum(len(each.photos) for each in CATALOGUE)
    assert json.loads(made.stdout) == {"products": len(CATALOGUE), "photos": photos, "users": 1}
