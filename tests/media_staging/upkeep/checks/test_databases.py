"""The tables of the app belong into the default database; owners elsewhere are warned about."""

from typing import Any

import pytest
from django.core.checks import Error, Warning, run_checks
from django.db import models

from products.models import ProductImage


class Router:
    app_label = ""

    def db_for_read(self, model: type[models.Model], **_hints: Any) -> str | None:
        return "other" if model._meta.app_label == self.app_label else None

    db_for_write = db_for_read


class OursElsewhere(Router):
    app_label = "media_staging"


class OwnersElsewhere(Router):
    app_label = ProductImage._meta.app_label


def told(settings: Any, router: type[Router]) -> list[Any]:
    settings.DATABASE_ROUTERS = [f"{router.__module__}.{router.__qualname__}"]
    return [found for found in run_checks(tags=["media_staging"]) if "database" in str(found.msg)]


@pytest.fixture(autouse=True)
def this_module_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite imports it under no name that a router could be found by."""
    import sys

    monkeypatch.setitem(sys.modules, "routers_of_a_test", sys.modules[__name__])
    for router in (Router, OursElsewhere, OwnersElsewhere):
        monkeypatch.setattr(router, "__module__", "routers_of_a_test")


def test_one_database_is_in_order(settings: Any) -> None:
    assert told(settings, Router) == []


def test_tables_of_the_app_in_another_database_are_an_error(settings: Any) -> None:
    errors = [found for found in told(settings, OursElsewhere) if isinstance(found, Error)]
    (error,) = errors
    assert error.id == "media_staging.E005"
    assert 'app_label == "media_staging"' in error.hint


def test_owners_in_another_database_are_a_warning(settings: Any) -> None:
    (warning,) = told(settings, OwnersElsewhere)
    assert isinstance(warning, Warning)
    assert warning.id == "media_staging.W001"
    assert "ProductImage" in warning.msg
