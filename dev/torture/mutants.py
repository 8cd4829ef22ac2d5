"""Breaks one rule of the app at a time and sees who notices: the rule's own test has to.

A mutant is a copy of the project with one text replaced. The state machine is run on it as well.
It lives by chance and looks at the promises only, many of which rest on two rules: so it may miss
a mutant, and the table says so.
"""

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev.torture import pytest_run
from dev.torture.life import FOLDER
from dev.torture.table import Row

PARTS = ("dev", "locale", "media_staging", "products", "site", "templates", "tests")
FILES = ("manage.py", "pyproject.toml")
# A broken rule may keep a loop busy for ever.
TEST_SECONDS = 60
# Where a traceback names the promise that was found broken.
PROMISE = re.compile(
    r"(?:checks|machine|races|processes|cleanup|draining|lane|door)\.py:\d+: in (\w+)"
)


@dataclass(frozen=True)
class Mutant:
    """In `file`, `old` (which occurs once) becomes `new`; `test` of media_staging fails then."""

    name: str
    file: str
    old: str
    new: str
    test: str


MUTANTS = (
    Mutant(
        "a late worker ends another's transfer",
        "media_staging/states/transitions.py",
        "status=Status.TRANSFERRING, token=token)\n\n\ndef heartbeat",
        "status=Status.TRANSFERRING)\n\n\ndef heartbeat",
        "states/test_transitions.py::test_an_old_token_changes_nothing",
    ),
    Mutant(
        "a late worker throws away what the winner needs",
        "media_staging/removal/door.py",
        "if alive.filter(pk=file.pk).exists():",
        "if False:",
        "transfer/test_draining.py::test_a_worker_that_comes_back_late_changes_nothing",
    ),
    Mutant(
        "a late worker leaves its object behind",
        "media_staging/removal/door.py",
        "        remote.delete(file.key, data)\n",
        "        pass\n",
        "transfer/test_draining.py::test_a_file_deleted_while_it_uploads_leaves_nothing_behind",
    ),
    Mutant(
        "a claim that was lost calls off the upload that follows it",
        "media_staging/transfer/lane.py",
        "call_off(held, transitions.heartbeat(",
        "call_off(self.under_way.values(), transitions.heartbeat(",
        "states/test_leases.py::test_a_claim_that_was_lost_does_not_call_off_the_upload_that_follows_it",
    ),
    Mutant(
        "the local copy is unlinked before the eviction commits",
        "media_staging/upkeep/cleanup.py",
        "if transitions.evict(file):\n            staging.remove(file.key)\n",
        "staging.remove(file.key)\n        if transitions.evict(file):\n",
        "upkeep/test_cleanup.py::test_a_copy_stays_that_another_worker_sends_again_meanwhile",
    ),
    Mutant(
        "eviction does not ask the remote",
        "media_staging/upkeep/cleanup.py",
        "found = find(file)",
        "found: object = {}",
        "upkeep/test_cleanup.py::test_a_remote_that_lost_the_object_gets_it_again",
    ),
    Mutant(
        "a purge deletes once and leaves no tombstone",
        "media_staging/upkeep/cleanup.py",
        "if file.settle_at and file.settle_at > now:",
        "if False:",
        "upkeep/test_cleanup.py::test_an_upload_that_lands_after_the_purge_is_deleted_with_the_tombstone",
    ),
    Mutant(
        "a purge reads the clock after its delete",
        "media_staging/upkeep/cleanup.py",
        "file.settle_at > now:",
        "file.settle_at > clock.now():",
        "upkeep/test_cleanup.py::test_an_upload_that_lands_during_the_last_delete_is_deleted_by_another",
    ),
    Mutant(
        "a purge is kept busy by a clock that was set back",
        "media_staging/states/transitions.py",
        'then=Value(latest["settle_at"])',
        'then=F("settle_at")',
        "upkeep/test_cleanup.py::test_a_clock_that_was_set_back_keeps_no_purge_busy",
    ),
    Mutant(
        "a purge takes a remote that is down for a success",
        "media_staging/upkeep/cleanup.py",
        "                put_off(token, files[position:], error)\n                raise\n",
        "                transitions.bury(token, file)\n",
        "upkeep/test_cleanup.py::test_a_remote_that_is_down_keeps_the_row_until_it_is_back",
    ),
    Mutant(
        "letting go does not look for owners again",
        "media_staging/states/owners.py",
        "[file for file in locked if file.pk not in owned]",
        "locked",
        "states/test_transitions.py::test_a_file_with_an_owner_is_not_let_go",
    ),
    Mutant(
        "an owner may take a file that is being deleted",
        "media_staging/states/owners.py",
        "StagedFile.objects.filter(pk__in=wanted).exclude(status=Status.PURGING)\n",
        "StagedFile.objects.filter(pk__in=wanted)\n",
        "states/test_transitions.py::test_a_file_that_is_let_go_takes_no_new_owner",
    ),
    Mutant(
        "a sweep without a grace time",
        "media_staging/upkeep/cleanup.py",
        "return clock.now() - timedelta(seconds=conf().ORPHAN_GRACE_SECONDS)",
        "return clock.now() + timedelta(seconds=1)",
        "upkeep/test_cleanup.py::test_bytes_without_a_row_go_after_the_grace_time",
    ),
    Mutant(
        "a sweep takes the bytes of what still waits",
        "media_staging/upkeep/cleanup.py",
        "filter(key__in=keys).exclude(",
        "filter(key__in=keys, status=Status.SYNCED).exclude(",
        "upkeep/test_trouble_in_cleanup.py::test_a_file_that_is_due_again_for_its_transfer_keeps_its_bytes_through_a_sweep",
    ),
    Mutant(
        "a disk that is not mounted counts as damage",
        "media_staging/transfer/lane.py",
        "if isinstance(error, Damaged) and not area_is_there():",
        "if False:",
        "transfer/test_draining.py::test_a_disk_that_goes_away_under_a_claim_is_no_damage",
    ),
    Mutant(
        "a lost lease is never taken over",
        "media_staging/states/transitions.py",
        "        due(Status.TRANSFERRING).filter(bound),\n",
        "",
        "states/test_transitions.py::test_a_claim_tells_whether_the_file_was_claimed_before",
    ),
    Mutant(
        "a wake-up is lost to a drain that is just ending",
        "media_staging/tasks.py",
        "        finally:\n            _draining.release()",
        "        finally:\n            _wanted.clear()\n            _draining.release()",
        "transfer/test_draining.py::test_a_wake_up_for_a_drain_that_is_just_ending_is_not_lost",
    ),
    Mutant(
        "an old address breaks after the eviction",
        "media_staging/web/views.py",
        "    response = HttpResponseRedirect(download or file.url)\n",
        '    raise Http404\n    response = HttpResponseRedirect("")\n',
        "upkeep/test_cleanup.py::test_a_local_copy_goes_after_its_retention_and_the_url_goes_on",
    ),
)


def torture(seed: int) -> list[Row]:
    tests = {mutant.test for mutant in MUTANTS}
    with project() as copy:
        control = run(tests, copy)
    result = "passed" if control.passed else f"FAILED, so the rest says nothing: {control.failure}"
    print(f"the tests without any mutant: {result}", flush=True)
    return [
        Row(
            "mutants", "control: the tests on an unbroken copy", len(tests), result, control.passed
        ),
        *(row(mutant, seed) for mutant in MUTANTS),
    ]


def row(mutant: Mutant, seed: int) -> Row:
    with project(mutant) as copy:
        by_test = not run([mutant.test], copy).passed
        by_machine = promise_broken(copy, seed)
    own = mutant.test.rpartition("::")[2]
    result = f"{'caught' if by_test else 'NOT CAUGHT'} by {own}; machine: {by_machine or 'missed'}"
    print(f"{mutant.name}: {result}", flush=True)
    return Row("mutants", mutant.name, 1, result, good=by_test)


def run(tests: Iterable[str], copy: Path) -> pytest_run.Outcome:
    paths = sorted(f"tests/media_staging/{test}" for test in tests)
    return pytest_run.run(*paths, f"--timeout={TEST_SECONDS}", root=copy, quiet=True)


def promise_broken(copy: Path, seed: int) -> str:
    """The promise that the machine found broken; empty when it found none."""
    profile = ("--hypothesis-profile=mutant", f"--hypothesis-seed={seed}")
    outcome = pytest_run.run(FOLDER, *profile, root=copy, quiet=True)
    found = PROMISE.findall(outcome.failure)
    return "" if outcome.passed else found[-1] if found else "an error"


@contextmanager
def project(mutant: Mutant | None = None) -> Iterator[Path]:
    """A copy of the project, with one rule broken if there is a mutant."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in PARTS:
            ignored = shutil.ignore_patterns("__pycache__", "node_modules")
            shutil.copytree(pytest_run.ROOT / name, copy / name, ignore=ignored)
        for name in FILES:
            shutil.copy(pytest_run.ROOT / name, copy / name)
        if mutant:
            (copy / mutant.file).write_text(mutated(mutant))
        yield copy


def mutated(mutant: Mutant) -> str:
    """The text of the broken file. Raises ValueError when the place is not there exactly once."""
    text = (pytest_run.ROOT / mutant.file).read_text()
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.file} has changed: adapt the mutant {mutant.name!r}")
    return text.replace(mutant.old, mutant.new)
