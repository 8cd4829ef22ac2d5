"""Every relation to a file counts, whoever declares it, and whoever cannot be asked counts most."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections, models

from media_staging import clock, signals, stage
from media_staging.fields import StagedFileField
from media_staging.models import StagedFile
from media_staging.states import owners, references
from products.models import Product, ProductImage
from tests.media_staging.owning import forget, model, tables
from tests.media_staging.photos import staged, upload

pytestmark = pytest.mark.django_db(transaction=True)
HIDDEN = {"on_delete": models.CASCADE, "related_name": "+"}


class NothingIsShown(models.Manager):
    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().none()


def plain(field: type[models.ForeignKey], **options: Any) -> type[models.Model]:
    return model("Poster", file=field(StagedFile, **{**HIDDEN, **options}))


KINDS: dict[str, Any] = {
    "a foreign key": lambda: plain(models.ForeignKey),
    "a foreign key by name": lambda: plain(models.ForeignKey, related_name=None),
    "a foreign key to the key": lambda: plain(models.ForeignKey, to_field="key"),
    "a foreign key without a constraint": lambda: plain(models.ForeignKey, db_constraint=False),
    "a protecting foreign key": lambda: plain(models.ForeignKey, on_delete=models.PROTECT),
    "a one-to-one": lambda: plain(models.OneToOneField),
    "an unmanaged model": lambda: model(
        "Poster", meta={"managed": False}, file=models.ForeignKey(StagedFile, **HIDDEN)
    ),
    "a model whose managers hide its rows": lambda: model(
        "Poster",
        meta={"base_manager_name": "objects"},
        objects=NothingIsShown(),
        file=models.ForeignKey(StagedFile, **HIDDEN),
    ),
    "a field of ours in such a model": lambda: model(
        "Poster",
        meta={"base_manager_name": "objects"},
        objects=NothingIsShown(),
        file=StagedFileField(),
    ),
}


def all_of(rows: type[models.Model]) -> models.QuerySet:
    return models.QuerySet(rows)


def unreferenced() -> set[int]:
    try:
        return set(chain.from_iterable(references.unreferenced(StagedFile.objects.all())))
    except references.CannotAskError:
        return set()


@pytest.fixture(params=KINDS)
def poster(request: pytest.FixtureRequest) -> Iterator[type[models.Model]]:
    made = KINDS[request.param]()
    with tables(made):
        yield made


def test_what_any_relation_refers_to_is_not_let_go(poster: Any) -> None:
    referred, free = staged(2)
    all_of(poster).create(file=referred)
    assert references.with_owner([referred.pk, free.pk]) == {referred.pk}
    assert unreferenced() == {free.pk}
    assert owners.let_go([referred.pk, free.pk]) == [free.key]


def test_many_to_many_counts() -> None:
    album = model("Album", files=models.ManyToManyField(StagedFile, related_name="+"))
    with tables(album):
        referred, free = staged(2)
        album.objects.create().files.add(referred)  # type: ignore[attr-defined]
        assert unreferenced() == {free.pk}
        assert owners.let_go([referred.pk, free.pk]) == [free.key]


def test_the_field_of_a_parent_counts_for_its_children() -> None:
    parent = model("Poster", file=models.ForeignKey(StagedFile, **HIDDEN))
    child = model("BigPoster", parent, second=models.ForeignKey(StagedFile, **HIDDEN))
    with tables(parent, child):
        first, second, free = staged(3)
        child.objects.create(file=first, second=second)  # type: ignore[attr-defined]
        assert unreferenced() == {free.pk}


def test_a_row_that_extends_a_file_refers_to_it() -> None:
    scan = model("Scan", StagedFile)
    with tables(scan):
        extended, free = staged(2)
        scan(stagedfile_ptr=extended).save_base(raw=True)
        ProductImage.objects.create(product=Product.objects.create(name="Mug", price=1), file=free)
        assert references.with_owner([extended.pk]) == {extended.pk}


@pytest.mark.parametrize("number", [models.TextField, models.BigIntegerField])
def test_a_generic_relation_counts(number: type[models.Field]) -> None:
    note = model(
        "Note",
        content_type=models.ForeignKey(ContentType, models.CASCADE),
        object_id=number(),
        about=GenericForeignKey(),
    )
    with tables(note):
        referred, free, same_number = staged(3)
        all_of(note).create(about=referred)
        product = Product.objects.create(pk=same_number.pk, name="Mug", price=1)
        all_of(note).create(about=product)
        assert references.with_owner([referred.pk, free.pk]) == {referred.pk}
        assert unreferenced() == {free.pk, same_number.pk}


def test_a_thumbnail_is_referred_to_by_its_original() -> None:
    original, small = staged(2)
    StagedFile.objects.filter(pk=original.pk).update(thumbnail=small)
    assert unreferenced() == {original.pk}


def test_nothing_is_unreferenced_where_no_model_refers_to_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever calls `stage()` and keeps the key in a text column."""
    staged()
    ours = [each for each in references.references() if each.model is StagedFile]
    assert {each.column for each in ours} == {"thumbnail_id", "preview_id"}
    monkeypatch.setattr("media_staging.states.references.references", lambda: ours)
    assert unreferenced() == set()


def test_what_is_kept_is_never_unreferenced_until_it_is_let_go() -> None:
    file = stage(upload(), keep=True)
    assert unreferenced() == set()
    assert owners.let_go([file.pk]) == []
    assert file.let_go()
    file.refresh_from_db()
    assert (file.status, file.keep) == ("purging", False)


def test_the_owner_of_a_kept_file_may_go_and_the_file_stays() -> None:
    file = stage(upload(), keep=True)
    product = Product.objects.create(name="Mug", price=1)
    image = ProductImage.objects.create(product=product, file=file)
    assert not file.let_go()
    StagedFile.objects.update(keep=True)
    image.delete()
    file.refresh_from_db()
    assert file.status == "staged"


def test_a_kept_file_that_is_let_go_lasts_as_long_as_its_owner() -> None:
    file = stage(upload(), keep=True)
    product = Product.objects.create(name="Mug", price=1)
    image = ProductImage.objects.create(product=product, file=file)
    assert not file.let_go()
    image.delete()
    assert StagedFile.objects.get().status == "purging"


# --- Who cannot be asked ------------------------------------------------------------------------


@pytest.fixture
def missing() -> Iterator[None]:
    """A model whose table nobody has made."""
    made = model("Poster", file=models.ForeignKey(StagedFile, **HIDDEN))
    yield
    forget(made)


def test_a_relation_without_its_table_lets_go_of_nothing_and_says_so_once_a_round(
    missing: None, caplog: pytest.LogCaptureFixture
) -> None:
    files = staged(2)
    signals.cleanup_round.send(StagedFile, now=clock.now(), dry_run=False)
    with caplog.at_level(logging.ERROR, "media_staging"):
        assert unreferenced() == set()
        assert owners.let_go([file.pk for file in files]) == []
        assert references.with_owner([files[0].pk]) == {files[0].pk}
    (told,) = caplog.messages
    assert "products.Poster.file_id" in told
    assert "manage.py migrate" in told
    signals.cleanup_round.send(StagedFile, now=clock.now(), dry_run=False)
    assert unreferenced() == set()
    assert len(caplog.messages) == 2


def test_a_deletion_goes_through_although_a_relation_cannot_be_asked(missing: None) -> None:
    """PostgreSQL takes nothing more in a transaction in which a statement failed."""
    (file,) = staged()
    product = Product.objects.create(name="Mug", price=1)
    ProductImage.objects.create(product=product, file=file).delete()
    assert not ProductImage.objects.exists()
    assert StagedFile.objects.get().status == "staged"


# --- Another database ---------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The alias of a second database, in which every Poster lives."""
    database = {
        **connection.settings_dict,
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": tmp_path / "other.sqlite3",
        "OPTIONS": {},
    }
    monkeypatch.setitem(connections.settings, "elsewhere", database)
    settings.DATABASE_ROUTERS = ["tests.media_staging.states.test_references.PostersElsewhere"]
    other: Any = connections["elsewhere"]

    def ensure_connection() -> None:
        """Django's, without what a test case forbids of other databases."""
        with other.wrap_database_errors:
            other.connection or other.connect()

    other.ensure_connection = ensure_connection
    yield "elsewhere"
    other.close()
    del connections["elsewhere"]


class PostersElsewhere:
    def db_for_read(self, model: type[models.Model], **_hints: Any) -> str | None:
        # A replica of which nobody has heard.
        return "replica" if model.__name__ == "Poster" else None

    def db_for_write(self, model: type[models.Model], **_hints: Any) -> str | None:
        return "elsewhere" if model.__name__ == "Poster" else None

    def allow_relation(self, *_objects: Any, **_hints: Any) -> bool:
        return True


def test_an_owner_in_another_database_counts(
    elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media_staging.states.references.BATCH", 2)
    poster = model("Poster", file=models.ForeignKey(StagedFile, db_constraint=False, **HIDDEN))
    with tables(poster, using=elsewhere):
        *referred, free = staged(6)
        models.QuerySet(poster, using=elsewhere).bulk_create(
            [poster(file_id=file.pk) for file in referred]
        )
        assert unreferenced() == {free.pk}
        assert owners.let_go([file.pk for file in [*referred, free]]) == [free.key]


def test_a_database_that_is_away_lets_go_of_nothing(elsewhere: str) -> None:
    poster = model("Poster", file=models.ForeignKey(StagedFile, db_constraint=False, **HIDDEN))
    (file,) = staged()
    connections[elsewhere].settings_dict["NAME"] = "/nowhere/other.sqlite3"
    try:
        assert unreferenced() == set()
        assert owners.let_go([file.pk]) == []
    finally:
        forget(poster)


def test_many_rows_are_asked_in_pages_without_leaving_any_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("media_staging.states.references.BATCH", 3)
    files = staged(8)
    StagedFile.objects.update(created_at=files[0].created_at - timedelta(days=2))
    assert unreferenced() == {file.pk for file in files}
