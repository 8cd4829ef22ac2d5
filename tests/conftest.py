"""For every test: a staging area of its own; on request a clock to move and real servers."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from botocore.loaders import JSONFileLoader
from django.conf import settings as django_settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.core.management.commands import flush
from django.core.management.sql import emit_post_migrate_signal
from django.db import connections
from django.db.models import Model
from django.utils import timezone, translation
from hypothesis import settings as hypothesis_settings

from dev.cloudinary.local import LocalCloudinary
from dev.servers.seaweedfs import SeaweedFS

# What they mean is said where they are used: tests/media_staging/life/.
hypothesis_settings.register_profile("brief")
hypothesis_settings.register_profile("torture")
hypothesis_settings.register_profile("mutant")


# A test that asks for one of these touches the database, itself or in a site of its own.
DATABASE_FIXTURES = {"db", "transactional_db", "site", "shop"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="leave out what touches no database, and of the tests on every remote all but one",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--database-only"):
        return
    left_out = [item for item in items if not is_about_the_database(item)]
    items[:] = [item for item in items if is_about_the_database(item)]
    config.hook.pytest_deselected(items=left_out)


def is_about_the_database(item: pytest.Item) -> bool:
    asked_for = DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ()))
    touches_it = asked_for or item.get_closest_marker("django_db")
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return bool(touches_it) and parameters.get("storage", "s3") == "s3"


@pytest.fixture(autouse=True)
def staging_area(settings: Any, tmp_path: Path) -> Path:
    root = tmp_path / "staging"
    settings.MEDIA_STAGING = {
        **django_settings.MEDIA_STAGING,
        "ROOT": root,
        "REMOTE": "filesystem",
        "REMOTES": {"filesystem": {"root": tmp_path / "remote"}},
        "MIN_FREE_BYTES": 0,
    }
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    return root


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """The ones people use are checked slowly on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def quick_flushes() -> Iterator[None]:
    """After each test that commits, Django empties the tables and then asks which permissions are
    missing, of each model: a fifth of the time of such tests. They are the same ones every time.
    """
    known: dict[str, list[tuple[type[Model], list[Any]]]] = {}

    def put_back(verbosity: int, interactive: bool, db: str) -> None:
        if db not in known:
            emit_post_migrate_signal(verbosity, interactive, db)
            models: list[Any] = [ContentType, Permission]
            known[db] = [(model, list(model.objects.using(db).all())) for model in models]
            return
        ContentType.objects.clear_cache()
        for model, rows in known[db]:
            model._base_manager.using(db).bulk_create(rows)
        with connections[db].cursor() as cursor:
            for sql in connections[db].ops.sequence_reset_sql(no_style(), [*dict(known[db])]):
                cursor.execute(sql)

    with mock.patch.object(flush, "emit_post_migrate_signal", put_back):
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_clients() -> Iterator[None]:
    """Each boto3 session reads the descriptions of all services anew: a third of a client's time,
    and a test has clients of its own.
    """
    read: Callable[..., Any] = JSONFileLoader.load_file
    known: dict[str, Any] = {}

    def load_file(loader: JSONFileLoader, file_path: str) -> Any:
        if file_path not in known:
            known[file_path] = read(loader, file_path)
        return known[file_path]

    with mock.patch.object(JSONFileLoader, "load_file", load_file):
        yield


@pytest.fixture(autouse=True)
def language() -> Iterator[None]:
    """The language of a request stays active in its thread; the next test starts without."""
    yield
    translation.deactivate()


class Clock:
    """The app's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Iterator[Clock]:
    moved = Clock()
    with mock.patch("media_staging.clock.now", lambda: moved.now):
        yield moved


@pytest.fixture(scope="session")
def s3_server() -> Iterator[SeaweedFS]:
    with SeaweedFS() as server:
        yield server


@pytest.fixture(scope="session")
def cloudinary_server() -> Iterator[LocalCloudinary]:
    with LocalCloudinary() as server:
        yield server
