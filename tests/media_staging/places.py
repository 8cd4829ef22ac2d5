"""For tests of places: commands, and what workers did before the settings changed."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

from django.core.management import call_command

from media_staging import remotes
from media_staging.area import staging
from media_staging.models import StagedFile
from media_staging.states import places, transitions
from tests.media_staging.photos import plain

SetUp = Callable[..., None]


def run(*arguments: str) -> tuple[int, Any]:
    """Exit code and JSON of a command."""
    out, code = StringIO(), 0
    try:
        call_command(*arguments, "--json", stdout=out)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, json.loads(out.getvalue())


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def place_of(name: str) -> str:
    return remotes.get(name).place


def give_up_local_copies() -> None:
    for file in StagedFile.objects.filter(status="synced", due_at__isnull=False):
        assert transitions.evict(file, file.place)
        staging.path(file.key).unlink()


def claimed(count: int = 1) -> list[StagedFile]:
    """Files that a worker has begun to send and, killed, never ended."""
    places.remember()
    files = plain(count)
    transitions.claim(count)
    return files
