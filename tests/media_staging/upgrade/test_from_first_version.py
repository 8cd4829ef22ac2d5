"""A database of the first version is migrated: nothing is lost, moved or swept because of it.

`first_version.json` is what that version left behind; `make_dump.py` made it.
"""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models, transaction

from media_staging.area import staging
from media_staging.models import StagedFile, StagingArea
from media_staging.states import references
from media_staging.transfer import draining
from media_staging.upkeep import cleanup
from products.models import Product, ProductImage
from tests.media_staging.owning import model, tables

pytestmark = pytest.mark.django_db(transaction=True)
DUMP = json.loads((Path(__file__).parent / "first_version.json").read_text())
# What SQLite holds as numbers.
BOOLEANS = {"is_thumbnail"}
MANY = 100_000


@pytest.fixture
def first_version() -> Iterator[None]:
    """The tables as the first version left them, empty."""
    for app in ("products", "media_staging"):
        migrate(app, "0002")
    yield
    migrate()


def migrate(*to: str) -> None:
    call_command("migrate", *to, verbosity=0)


@pytest.fixture
def upgraded(first_version: None, tmp_path: Path) -> None:
    for table, content in DUMP["tables"].items():
        insert(table, content["columns"], content["rows"])
    write(staging.root(), DUMP["staging"])
    write(tmp_path / "remote", DUMP["remote"])
    migrate()


def insert(table: str, columns: list[str], rows: list[list[Any]]) -> None:
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, columns))
    places = ", ".join(["%s"] * len(columns))
    values = [
        [bool(v) if c in BOOLEANS else v for c, v in zip(columns, row, strict=True)]
        for row in sorted(rows, key=lambda row: refers(columns, row))
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(table)} ({names}) VALUES ({places})", values)  # noqa: S608


def refers(columns: list[str], row: list[Any]) -> bool:
    """Rows that others of their table refer to come first."""
    return "thumbnail_id" in columns and row[columns.index("thumbnail_id")] is not None


def write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))


def named(name: str) -> StagedFile:
    return StagedFile.objects.get(name=f"{name}.jpg", is_thumbnail=False)


def before() -> dict[str, tuple[str, str]]:
    """Status and remote by key, as the first version had them."""
    content = DUMP["tables"]["media_staging_stagedfile"]
    rows = [dict(zip(content["columns"], row, strict=True)) for row in content["rows"]]
    return {row["key"]: (row["status"], row["remote"]) for row in rows}


def test_every_row_is_there_and_only_what_nobody_refers_to_is_kept(upgraded: None) -> None:
    rows = StagedFile.objects.values_list("key", "status", "remote")
    assert {key: (status, remote) for key, status, remote in rows} == before()
    assert [file.name for file in StagedFile.objects.filter(keep=True)] == ["alone.jpg"]
    assert not StagedFile.objects.exclude(place="").exists()


def test_the_addresses_are_those_of_the_first_version(upgraded: None) -> None:
    rows = StagedFile.objects.exclude(status="purging")
    assert {file.key: [file.url, file.thumbnail_url] for file in rows} == DUMP["addresses"]


def test_the_area_is_the_databases_own(upgraded: None) -> None:
    staging.check_area()
    assert StagingArea.objects.get().mark == staging.read_mark()


def test_files_move_and_are_evicted_as_ever(upgraded: None, tmp_path: Path) -> None:
    draining.drain()
    staged = named("staged")
    assert staged.status == "synced"
    assert (tmp_path / "remote" / staged.key).read_bytes() == staging.path(staged.key).read_bytes()
    StagedFile.objects.filter(status="synced", due_at__isnull=False).update(
        due_at=staged.created_at, thumbnail_due_at=None
    )
    evicted = cleanup.run_round().evicted
    assert {named(name).key for name in ("staged", "synced", "alone")} <= set(evicted)
    assert not staging.path(staged.key).exists()


def test_a_sweep_takes_nothing_because_of_the_upgrade(upgraded: None) -> None:
    assert list(references.unreferenced(StagedFile.objects.exclude(status="purging"))) == []


def test_what_was_let_go_is_still_deleted(upgraded: None) -> None:
    key = named("let go").key
    assert key in cleanup.run_round().purged


def test_the_file_of_an_owner_that_goes_is_let_go(upgraded: None) -> None:
    image = ProductImage.objects.get(file__name="synced.jpg")
    image.delete()
    assert named("synced").status == "purging"


# --- Who refers to a file, asked by the migration -------------------------------------------------


def test_every_kind_of_reference_counts_in_the_migration(first_version: None) -> None:
    plain = model(
        "Poster", file=models.ForeignKey(StagedFile, on_delete=models.CASCADE, related_name="+")
    )
    by_key = model(
        "Flyer",
        file=models.ForeignKey(
            StagedFile, on_delete=models.CASCADE, related_name="+", to_field="key"
        ),
    )
    many = model("Album", files=models.ManyToManyField(StagedFile, related_name="+"))
    with tables(plain, by_key, many):
        rows(6)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO products_poster (file_id) VALUES (1)")
            cursor.execute("INSERT INTO products_flyer (file_id) VALUES ('k/2')")
        album = many.objects.create()  # type: ignore[attr-defined]
        album.files.through.objects.create(album_id=album.pk, stagedfile_id=3)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE media_staging_stagedfile SET thumbnail_id = 4 WHERE id = 5")
        migrate()
        kept = StagedFile.objects.filter(keep=True).order_by("pk")
        assert list(kept.values_list("pk", flat=True)) == [5, 6]


def rows(count: int) -> None:
    """As the first version's table has them, numbered from 1."""
    columns = DUMP["tables"]["media_staging_stagedfile"]["columns"]
    first = dict(zip(columns, DUMP["tables"]["media_staging_stagedfile"]["rows"][0], strict=True))
    made = [
        [{**first, "id": n, "key": f"k/{n}", "thumbnail_id": None}[c] for c in columns]
        for n in range(1, count + 1)
    ]
    insert("media_staging_stagedfile", columns, made)


def test_a_hundred_thousand_rows_take_seconds(first_version: None) -> None:
    call_command("migrate", "products", verbosity=0)
    rows(MANY)
    product = Product.objects.create(name="Mug", price=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO products_productimage (product_id, file_id, alt, position, changed) "
            "SELECT %s, id, '', id, '{}' FROM media_staging_stagedfile WHERE id %% 2 = 0",
            [product.pk],
        )
    started = time.monotonic()
    migrate()
    took = time.monotonic() - started
    assert StagedFile.objects.filter(keep=True).count() == MANY // 2
    assert took < 20
