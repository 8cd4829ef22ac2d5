"""Who refers to a file: every relation to `StagedFile` counts, whoever declares it.

Asked without the managers of the models, which may hide rows, and in the database that a model is
written to: a replica may lag behind. Who cannot be asked refers to everything.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import Error, connections, router, transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.dispatch import receiver
from django.utils.connection import ConnectionDoesNotExist

from media_staging.models import StagedFile
from media_staging.signals import cleanup_round

logger = logging.getLogger(__name__)

BATCH = 500
# The relations that the log has named since the last round began, and why they cannot be asked.
_told: dict[str, str] = {}


@dataclass(frozen=True)
class Reference:
    """A column that refers to files, and the alias of the database that it is in."""

    model: type[Model]
    column: str
    database: str
    # The column of the file that it holds.
    target: str = "id"
    # Of all its rows, those that refer to files: the others refer to something else.
    condition: Q = field(default_factory=Q)
    # Whether its owners are the reason why files are kept: it lets rows without one be swept.
    owns: bool = True

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.column}"

    @property
    def rows(self) -> QuerySet[Model]:
        return QuerySet(self.model, using=self.database).filter(self.condition)

    @property
    def can_be_joined(self) -> bool:
        """Whether its values can be compared with the file's by the database that has the files."""
        return not self.condition and self.database == router.db_for_read(StagedFile)


class CannotAskError(Exception):
    """A relation cannot be asked: which one, and why. The log has said it too."""


# --- Which there are -------------------------------------------------------------------------


def references() -> list[Reference]:
    """Every relation of the project: also through tables, hidden ones, unmanaged models, ours."""
    return [*_plain_references(), *_generic_references()]


def _plain_references() -> Iterator[Reference]:
    for relation in StagedFile._meta.get_fields(include_hidden=True):
        column: Any = getattr(relation, "field", None)
        if column is None or not (column.many_to_one or column.one_to_one):
            continue
        # Of a key of several columns the first: to refer in part is to refer.
        own, target = column.related_fields[0]
        is_ours = column.model is StagedFile or column.remote_field.parent_link
        yield Reference(
            model=column.model,
            column=own.attname,
            database=router.db_for_write(column.model),
            target=target.attname,
            owns=not is_ours,
        )


def _generic_references() -> Iterator[Reference]:
    """Tables whose rows may refer to anything. Such a log keeps files, but owns none."""
    if not apps.is_installed("django.contrib.contenttypes"):
        return
    from django.contrib.contenttypes.fields import GenericForeignKey

    for model in apps.get_models(include_auto_created=True):
        for each in model._meta.private_fields:
            if not isinstance(each, GenericForeignKey):
                continue
            number: Any = model._meta.get_field(each.fk_field)
            if number.model is model:
                yield Reference(
                    model=model,
                    column=number.attname,
                    database=router.db_for_write(model),
                    condition=_is_about_files(each.ct_field),
                    owns=False,
                )


def _is_about_files(content_type: str) -> Q:
    """Also proxies of StagedFile, and models that inherit from it, share its numbers."""
    condition = Q()
    for model in apps.get_models():
        if issubclass(model, StagedFile):
            label, name = model._meta.app_label, model._meta.model_name
            condition |= Q(**{f"{content_type}__app_label": label, f"{content_type}__model": name})
    return condition


# --- What they say ---------------------------------------------------------------------------


def with_owner(pks: Collection[int]) -> set[int]:
    """Those that anything refers to; all of them while somebody cannot be asked."""
    try:
        return ask(pks)
    except CannotAskError:
        return set(pks)


def ask(pks: Collection[int]) -> set[int]:
    """Those that anything refers to. Raises CannotAskError."""
    return _asked(references(), pks) if pks else set()


def unreferenced(rows: QuerySet[StagedFile]) -> Iterator[list[int]]:
    """Of these rows the numbers of those that nothing refers to, page by page, but for what is
    kept anyway.

    None in a project that has no relation to files but ours. What it says is true of a moment:
    `owners.let_go` asks again, with the row locked. Raises CannotAskError.
    """
    relations = references()
    if not any(each.owns for each in relations):
        return
    joined = [each for each in relations if each.can_be_joined]
    others = [each for each in relations if not each.can_be_joined]
    rows = rows.filter(keep=False)
    for each in joined:
        rows = rows.filter(~Exists(each.rows.filter(**{each.column: OuterRef(each.target)})))
    # A table that is missing would otherwise fail the statement that joins all of them.
    _asked(joined, [0])
    for pks in pages(rows):
        referred = _asked(others, pks)
        yield [pk for pk in pks if pk not in referred]


def pages(rows: QuerySet[StagedFile]) -> Iterator[list[int]]:
    """Without a cursor, which a pool of connections may lose."""
    rows, last = rows.order_by("pk"), 0
    while page := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        yield page
        last = page[-1]


def _asked(relations: Iterable[Reference], pks: Collection[int]) -> set[int]:
    """Those of the files that these relations refer to. Raises CannotAskError."""
    by_database: dict[str, list[Reference]] = defaultdict(list)
    for each in relations:
        by_database[each.database].append(each)
    found: set[int] = set()
    for asked in by_database.values():
        with _savepoint(asked[0]):
            for each in asked:
                found |= _ask(each, pks)
    return found


def _savepoint(reference: Reference) -> AbstractContextManager[Any]:
    """Within a transaction PostgreSQL takes no other statement after one that failed."""
    try:
        inside = connections[reference.database].in_atomic_block
    except ConnectionDoesNotExist as error:
        raise cannot_ask(reference, error) from error
    return transaction.atomic(using=reference.database) if inside else nullcontext()


def _ask(reference: Reference, pks: Collection[int]) -> set[int]:
    own: Any = reference.model._meta.get_field(reference.column)
    try:
        wanted = {own.to_python(value): pk for value, pk in _values(reference, pks)}
        rows = reference.rows.filter(**{f"{reference.column}__in": list(wanted)})
        return {wanted[own.to_python(each)] for each in rows.values_list(own.attname, flat=True)}
    except (Error, ValueError, TypeError) as error:
        raise cannot_ask(reference, error) from error


def _values(reference: Reference, pks: Collection[int]) -> Iterable[tuple[Any, int]]:
    """What the column of a reference to each of the files holds."""
    if reference.target == "id":
        return [(pk, pk) for pk in pks]
    return StagedFile.objects.filter(pk__in=pks).values_list(reference.target, "pk")


def cannot_ask(reference: Reference, error: Exception) -> CannotAskError:
    said = " ".join(str(error).split())
    words = f"{reference} in the database “{reference.database}”: {said}"
    if str(reference) not in _told:
        _told[str(reference)] = words
        logger.error(
            "Nothing is let go of: %s in the database %r cannot be asked which files it refers to "
            "(%s). Remove the model, or create its table (`manage.py migrate --database %s`); or "
            "repair that database.",
            reference,
            reference.database,
            said,
            reference.database,
        )
    return CannotAskError(words)


def silent() -> str:
    """Who could not be asked since the last round began, and why; empty for nobody."""
    return "; ".join(_told.values())


@receiver(cleanup_round)
def _tell_again(**kwargs: Any) -> None:
    """Once per round is enough for a trouble that lasts."""
    _told.clear()
