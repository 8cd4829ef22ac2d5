"""An id in SAME_AS that nobody ever had is told from one that a file still has."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from media_staging import remotes
from media_staging.models import Place, StagedFile
from media_staging.states import places
from media_staging.upkeep.checks import check_places
from tests.media_staging.photos import plain

pytestmark = pytest.mark.django_db(transaction=True)


def found(settings: Any, *ids: str) -> list[str]:
    entries = settings.MEDIA_STAGING["REMOTES"]
    same = {**entries["filesystem"], "SAME_AS": [*ids]}
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, "REMOTES": {**entries, "filesystem": same}}
    return [f"{each.id} {each.msg}" for each in check_places(None, databases=["default"])]


def test_a_place_that_the_database_knows_is_right(settings: Any) -> None:
    places.remember()
    plain(1)
    StagedFile.objects.update(place="0123456789ab")
    assert found(settings, "0123456789ab", remotes.current().place) == []


def test_a_place_of_nobody_is_named(settings: Any) -> None:
    (told,) = found(settings, "0123456789ab")
    assert told.startswith("media_staging.W008 ")
    assert "SAME_AS '0123456789ab'" in told


def test_nobody_is_asked_unless_databases_are_checked(settings: Any) -> None:
    assert found(settings, "0123456789ab")
    with CaptureQueriesContext(connection) as asked:
        assert [each for each in run_checks() if each.id == "media_staging.W008"] == []
    # Django itself may ask whether the database knows JSON.
    assert [each["sql"] for each in asked if "media_staging" in each["sql"]] == []


def test_before_the_first_migration_nothing_is_said(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_table(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("no such table: media_staging_place")

    monkeypatch.setattr(Place.objects, "filter", no_table)
    assert found(settings, "0123456789ab") == []
