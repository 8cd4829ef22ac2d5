"""Models of an adopter that exist for one test, with their tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connections, models

from media_staging.models import StagedFile

LABEL = "products"


def model(
    name: str, base: type[models.Model] = models.Model, meta: Any = None, **attributes: Any
) -> type[models.Model]:
    options = type("Meta", (), {"app_label": LABEL, **(meta or {})})
    body = {"__module__": __name__, "Meta": options, **attributes}
    return type(base)(name, (base,), body)


@contextmanager
def tables(*made: type[models.Model], using: str = "default") -> Iterator[None]:
    """The tables are there, and the models known, until the block ends."""
    real = [each for each in made if not each._meta.proxy]
    try:
        with connections[using].schema_editor() as editor:
            for each in real:
                editor.create_model(each)
        yield
    finally:
        with connections[using].schema_editor() as editor:
            for each in reversed(real):
                editor.delete_model(each)
        forget(*made)


def forget(*made: type[models.Model]) -> None:
    """As if the models had never been defined."""
    for each in made:
        for field in each._meta.local_many_to_many:
            through = field.remote_field.through._meta
            apps.all_models[LABEL].pop(through.model_name, None)
        apps.all_models[LABEL].pop(each._meta.model_name, None)
        for parent in (StagedFile, *each.__mro__[1:]):
            for accessor in (each._meta.model_name, f"{each._meta.model_name}_set"):
                if accessor in vars(parent):
                    delattr(parent, accessor)
    apps.clear_cache()
