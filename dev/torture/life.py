"""The state machine of `tests/media_staging/life/`, for longer and from another start each time."""

from dev.torture import pytest_run
from dev.torture.table import Row

FOLDER = "tests/media_staging/life"


def torture(seed: int) -> list[Row]:
    outcome = pytest_run.run(FOLDER, "--hypothesis-profile=torture", f"--hypothesis-seed={seed}")
    result = "every promise held" if outcome.passed else "a promise was broken: see above"
    lives, steps = outcome.counts.get("lives", 0), outcome.counts.get("steps", 0)
    return [
        Row("life", "lives", lives, result, good=outcome.passed and lives > 0),
        Row("life", "steps", steps, result, good=outcome.passed and steps > 0),
    ]
