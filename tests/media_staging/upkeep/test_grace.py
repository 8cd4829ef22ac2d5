"""How long a row without an owner is left alone, and by whom it may be referred to unseen."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from media_staging.models import Leftover, StagedFile
from media_staging.upkeep import cleanup
from products.models import Product, ProductImage
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote
from tests.media_staging.owning import forget, model, tables
from tests.media_staging.photos import staged
from tests.media_staging.upkeep.test_cleanup import owned

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def moved(fake: FakeRemote, clock: Clock) -> None:
    """No real clock, no real remote."""


def sweep() -> cleanup.CleanupReport:
    return cleanup.run_round(sweeping=True)


def lose(image: ProductImage, to: StagedFile) -> None:
    """In a way that tells nobody."""
    ProductImage.objects.filter(pk=image.pk).update(file=to)


# --- The time ----------------------------------------------------------------------------------


def test_an_old_file_has_all_its_time_from_when_its_reference_is_missed(clock: Clock) -> None:
    file, other = staged(2)
    image = owned(file)
    owned(other)
    assert sweep().let_go == []
    clock.forward(days=30)
    lose(image, other)
    assert sweep().let_go == []
    clock.forward(hours=23)
    assert sweep().let_go == []
    clock.forward(hours=2)
    assert cleanup.run_round(dry_run=True, sweeping=True).let_go == [file.key]
    assert sweep().let_go == [file.key]


def test_a_dry_run_starts_no_time(clock: Clock) -> None:
    file, other = staged(2)
    image = owned(file)
    owned(other)
    sweep()
    lose(image, other)
    cleanup.run_round(dry_run=True, sweeping=True)
    clock.forward(days=2)
    assert sweep().let_go == []


@pytest.mark.parametrize("by", ["update", "save"])
def test_the_time_begins_again_once_something_refers_to_it(clock: Clock, by: str) -> None:
    file, other = staged(2)
    image = owned(file)
    owned(other)
    sweep()
    lose(image, other)
    sweep()
    clock.forward(hours=20)
    if by == "update":
        lose(image, file)
        sweep()
    else:
        # Seen by no sweep.
        ProductImage.objects.create(product=image.product, file=file).refresh_from_db()
        image = ProductImage.objects.get(file=file)
    lose(image, other)
    clock.forward(hours=20)
    assert sweep().let_go == []
    clock.forward(hours=25)
    assert sweep().let_go == [file.key]


def test_the_rows_of_an_upgrade_count_as_seen(clock: Clock) -> None:
    owner = owned(staged()[0])
    (file,) = staged()
    StagedFile.objects.update(was_referred=True)
    clock.forward(days=30)
    assert sweep().let_go == []
    clock.forward(hours=25)
    assert sweep().let_go == [file.key]
    assert ProductImage.objects.filter(pk=owner.pk).exists()


def test_a_sweep_writes_only_the_rows_that_have_changed() -> None:
    for file in staged(4):
        owned(file)
    sweep()
    with CaptureQueriesContext(connection) as queries:
        sweep()
    written = [
        each["sql"]
        for each in queries.captured_queries
        if each["sql"].startswith('UPDATE "media_staging_stagedfile"')
    ]
    assert written == []


# --- Models that are missing -------------------------------------------------------------------


@pytest.fixture
def poster() -> Iterator[Any]:
    made = model(
        "Poster", file=models.ForeignKey(StagedFile, on_delete=models.CASCADE, related_name="+")
    )
    with tables(made):
        yield made


def test_a_model_that_is_missing_from_the_project_lets_go_of_no_file(
    poster: Any, clock: Clock
) -> None:
    file, other = staged(2)
    owned(other)
    models.QuerySet(poster).create(file=file)
    assert not sweep().troubled
    forget(poster)
    clock.forward(days=30)
    for _round in range(2):
        report = sweep()
        clock.forward(days=2)
    assert (report.let_go, report.troubled) == ([], True)
    (left,) = Leftover.objects.all()
    assert left.reason == "relation_gone"
    assert "products.Poster.file_id" in left.sentence
    call_command("staging_accept", "--area", stdout=StringIO(), stderr=(told := StringIO()))
    assert "products.Poster.file_id" in told.getvalue()
    assert not Leftover.objects.exists()
    # The time begins with the word of a person.
    assert sweep().let_go == []
    clock.forward(hours=25)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM products_poster")
    assert sweep().let_go == [file.key]


def test_a_model_whose_table_is_gone_with_it_is_forgotten(clock: Clock) -> None:
    made = model(
        "Poster", file=models.ForeignKey(StagedFile, on_delete=models.CASCADE, related_name="+")
    )
    with tables(made):
        sweep()
    (file,) = staged()
    clock.forward(hours=25)
    report = sweep()
    assert (report.let_go, report.troubled) == ([file.key], False)


def test_a_relation_that_cannot_be_asked_is_named_until_it_can(clock: Clock) -> None:
    (file,) = staged()
    product = Product.objects.create(name="Mug", price=1)
    image = ProductImage.objects.create(product=product, file=file)
    made = model(
        "Poster",
        meta={"managed": False},
        file=models.ForeignKey(StagedFile, on_delete=models.CASCADE, related_name="+"),
    )
    (purged,) = staged()
    StagedFile.objects.filter(pk=purged.pk).update(status="purging")
    try:
        image.delete()
        clock.forward(hours=25)
        report = sweep()
    finally:
        forget(made)
    assert (report.let_go, report.purged, report.troubled) == ([], [], True)
    deleting, left = Leftover.objects.filter(reason="cannot_ask").order_by("-key")
    assert (deleting.key, left.key) == (purged.key, "")
    assert "products.Poster.file_id" in left.sentence
    assert "Remove the model, or create its table" in left.sentence
    clock.forward(minutes=6)
    report = sweep()
    assert (report.let_go, report.purged, report.troubled) == ([file.key], [purged.key], False)
    assert not Leftover.objects.exists()
