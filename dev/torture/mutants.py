"""Breaks one rule of the app at a time and sees who notices: the rule's own test has to.

A mutant is a copy of the project with one text replaced, as `mutants.toml` says. The state machine
is run on it as well. It lives by chance and looks at the promises only, many of which rest on two
rules: so it may miss a mutant, and the table says so.
"""

import re
import shutil
import tempfile
import tomllib
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
    r"(?:checks|machine|rare_events|races|processes|cleanup|draining|lane|door)\.py:\d+: in (\w+)"
)


@dataclass(frozen=True)
class Mutant:
    """In `file`, `old` (which occurs once) becomes `new`; `test` of media_staging fails then."""

    name: str
    file: str
    old: str
    new: str
    test: str


MUTANTS = tuple(
    Mutant(**each)
    for each in tomllib.loads(Path(__file__).with_suffix(".toml").read_text())["mutant"]
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
