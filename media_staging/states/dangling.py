"""Owners whose file has no row any more: the table of files is older than theirs, say."""

from collections.abc import Iterator
from typing import Any

from django.db import Error
from django.utils.connection import ConnectionDoesNotExist

from media_staging.models import StagedFile
from media_staging.states.references import BATCH, CannotAskError, Reference, cannot_ask, references


def dangling() -> Iterator[str]:
    """What refers to a file without a row, as "products.ProductImage.file 7", 7 being its own id.

    A log that may refer to anything is left out, and so is a table that cannot be asked: the log
    has said so.
    """
    for each in references():
        if each.condition:
            continue
        try:
            for pk in _owners_without_files(each):
                yield f"{each} {pk}"
        except CannotAskError:
            continue


def _owners_without_files(reference: Reference) -> Iterator[Any]:
    rows = reference.rows.exclude(**{reference.column: None}).order_by("pk")
    after: dict[str, Any] = {}
    try:
        while page := dict(
            rows.filter(**after).values_list("pk", reference.column)[:BATCH],
        ):
            missing = set(page.values()) - set(_known(reference, page.values()))
            # The owner may have been deleted meanwhile, with its file.
            suspects = rows.filter(
                pk__in=[pk for pk, value in page.items() if value in missing],
                **{f"{reference.column}__in": missing},
            )
            yield from suspects.values_list("pk", flat=True)
            after = {"pk__gt": [*page][-1]}
    except (Error, ValueError, TypeError, ConnectionDoesNotExist) as error:
        raise cannot_ask(reference, error) from error


def _known(reference: Reference, values: Any) -> Any:
    files = StagedFile.objects.filter(**{f"{reference.target}__in": set(values)})
    return files.values_list(reference.target, flat=True)
