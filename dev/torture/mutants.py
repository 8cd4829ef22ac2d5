"""Breaks one rule of the app at a time and sees whether the state machine notices.

A mutant is a copy of the project with one text replaced. One that lives on means that the machine
would not notice either if somebody broke that rule by accident.
"""

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dev.torture import pytest_run
from dev.torture.life import FOLDER
from dev.torture.table import Row

PARTS = ("dev", "locale", "media_staging", "products", "site", "templates", "tests")
FILES = ("manage.py", "pyproject.toml")
# Where a traceback names the promise that was found broken.
PROMISE = re.compile(r"(?:checks|test_machine|processes|cleanup|transfer)\.py:\d+: in (\w+)")


@dataclass(frozen=True)
class Mutant:
    """In `file`, `old` (which occurs once) becomes `new`."""

    name: str
    file: str
    old: str
    new: str


MUTANTS = (
    Mutant(
        "a late worker ends another's transfer",
        "media_staging/transitions.py",
        "status=Status.TRANSFERRING, token=token)\n\n\ndef heartbeat",
        "status=Status.TRANSFERRING)\n\n\ndef heartbeat",
    ),
    Mutant(
        "a late worker throws away what the winner needs",
        "media_staging/transfer.py",
        "if alive.filter(pk=file.pk).exists():",
        "if False:",
    ),
    Mutant(
        "a late worker leaves its object behind",
        "media_staging/transfer.py",
        "            self.remote.delete(file.key, data)\n",
        "            pass\n",
    ),
    Mutant(
        "a drain forgets that it may take a file over from itself",
        "media_staging/transfer.py",
        "            if self._under_way.get(transfer.file.pk) is transfer:\n                del",
        "            if True:\n                del",
    ),
    Mutant(
        "the local copy is unlinked before the eviction commits",
        "media_staging/cleanup.py",
        "if transitions.evict(file):\n            staging.remove(file.key)\n",
        "staging.remove(file.key)\n        if transitions.evict(file):\n",
    ),
    Mutant(
        "eviction does not ask the remote",
        "media_staging/cleanup.py",
        "found = find(file)",
        "found: object = {}",
    ),
    Mutant(
        "a purge deletes once and leaves no tombstone",
        "media_staging/cleanup.py",
        "if file.settle_at and file.settle_at > now:",
        "if False:",
    ),
    Mutant(
        "a purge reads the clock after its delete",
        "media_staging/cleanup.py",
        "file.settle_at > now:",
        "file.settle_at > clock.now():",
    ),
    Mutant(
        "a purge is kept busy by a clock that was set back",
        "media_staging/transitions.py",
        'then=Value(latest["settle_at"])',
        'then=F("settle_at")',
    ),
    Mutant(
        "a purge takes a remote that is down for a success",
        "media_staging/cleanup.py",
        "                put_off(token, files[position:], error)\n                raise\n",
        "                transitions.bury(token, file)\n",
    ),
    Mutant(
        "letting go does not look for owners again",
        "media_staging/transitions.py",
        "[file for file in locked if file.pk not in owned]",
        "locked",
    ),
    Mutant(
        "an owner may take a file that is being deleted",
        "media_staging/transitions.py",
        "StagedFile.objects.filter(pk__in=wanted).exclude(status=Status.PURGING)\n",
        "StagedFile.objects.filter(pk__in=wanted)\n",
    ),
    Mutant(
        "a sweep without a grace time",
        "media_staging/cleanup.py",
        "return clock.now() - timedelta(seconds=conf().ORPHAN_GRACE_SECONDS)",
        "return clock.now() + timedelta(seconds=1)",
    ),
    Mutant(
        "a sweep takes the bytes of what still waits",
        "media_staging/cleanup.py",
        "filter(key__in=keys).exclude(",
        "filter(key__in=keys, status=Status.SYNCED).exclude(",
    ),
    Mutant(
        "a disk that is not mounted counts as damage",
        "media_staging/transfer.py",
        "if isinstance(error, Damaged) and not area_is_there():",
        "if False:",
    ),
    Mutant(
        "a lost lease is never taken over",
        "media_staging/transitions.py",
        "        due(Status.TRANSFERRING),\n",
        "",
    ),
    Mutant(
        "a wake-up is lost to a drain that is just ending",
        "media_staging/tasks.py",
        "        finally:\n            _draining.release()",
        "        finally:\n            _wanted.clear()\n            _draining.release()",
    ),
    Mutant(
        "an old address breaks after the eviction",
        "media_staging/views.py",
        "    response = HttpResponseRedirect(download or file.url)\n",
        '    raise Http404\n    response = HttpResponseRedirect("")\n',
    ),
)


def torture(seed: int) -> list[Row]:
    return [row(mutant, caught_by(mutant, seed)) for mutant in MUTANTS]


def row(mutant: Mutant, promise: str) -> Row:
    result = f"caught by {promise}" if promise else "NOT CAUGHT"
    print(f"{mutant.name}: {result}", flush=True)
    return Row("mutants", mutant.name, 1, result, good=bool(promise))


def caught_by(mutant: Mutant, seed: int) -> str:
    """The promise that the machine found broken; empty when it found none."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        breed(mutant, copy)
        profile = ("--hypothesis-profile=mutant", f"--hypothesis-seed={seed}")
        outcome = pytest_run.run(FOLDER, *profile, root=copy, quiet=True)
    found = PROMISE.findall(outcome.failure)
    return "" if outcome.passed else found[-1] if found else "an error"


def breed(mutant: Mutant, copy: Path) -> None:
    for name in PARTS:
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(pytest_run.ROOT / name, copy / name, ignore=ignored)
    for name in FILES:
        shutil.copy(pytest_run.ROOT / name, copy / name)
    (copy / mutant.file).write_text(mutated(mutant))


def mutated(mutant: Mutant) -> str:
    """The text of the broken file. Raises ValueError when the place is not there exactly once."""
    text = (pytest_run.ROOT / mutant.file).read_text()
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.file} has changed: adapt the mutant {mutant.name!r}")
    return text.replace(mutant.old, mutant.new)
