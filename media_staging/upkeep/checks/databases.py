"""All tables of the app are in the default database, and its owners had better be there too."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, router

from media_staging.models import StagedFile
from media_staging.states import references


@checks.register("media_staging")
def check_databases(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    return [*own_tables(), *owners_elsewhere()]


def own_tables() -> Iterator[checks.CheckMessage]:
    label = StagedFile._meta.app_label
    for model in apps.get_app_config(label).get_models():
        alias = router.db_for_write(model)
        if alias != DEFAULT_DB_ALIAS:
            yield checks.Error(
                f"{model._meta.label} is routed to the database {alias!r}, but all tables of "
                f"{label} have to be in {DEFAULT_DB_ALIAS!r}.",
                hint=f"In db_for_read, db_for_write and allow_migrate of your DATABASE_ROUTERS: "
                f'if app_label == "{label}": return None',
                id="media_staging.E005",
            )
            return


def owners_elsewhere() -> Iterator[checks.CheckMessage]:
    for reference in references.references():
        if reference.database != DEFAULT_DB_ALIAS and reference.model is not StagedFile:
            yield checks.Warning(
                f"{reference} refers to files from the database {reference.database!r}, which "
                "shares no transaction with the files: after a crash between two commits it may "
                "refer to a file that is deleted.",
                hint=f"Route {reference.model._meta.label} to {DEFAULT_DB_ALIAS!r}, or let "
                "nothing but its own StagedFileField assign its files, and silence this check.",
                id="media_staging.W001",
            )
