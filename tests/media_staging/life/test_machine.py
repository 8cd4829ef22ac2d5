"""The state machine, lived through: no promise is ever broken.

`make test` runs a short profile, the same every time; `make torture` a long one with a fresh seed.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.media_staging.life import world as worlds
from tests.media_staging.life.races import LifeWithRaces
from tests.media_staging.life.world import World

# By Hypothesis profile: `--hypothesis-profile=torture` lives longer, and otherwise each time.
QUICK = settings(
    max_examples=40,
    stateful_step_count=50,
    derandomize=True,
    # Not Phase.explain: it traces every line and takes longer than all else.
    phases=[Phase.generate, Phase.shrink],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TORTURE = settings(QUICK, max_examples=1000, stateful_step_count=100, derandomize=False)
LIVES = {
    "torture": TORTURE,
    # The second database: the same rules, other locks.
    "brief": settings(QUICK, max_examples=15),
    # Of a mutant it is enough to know that it is caught.
    "mutant": settings(TORTURE, max_examples=200, phases=[Phase.generate]),
}


@pytest.fixture
def world(staging_area: Path, settings: Any) -> Iterator[World]:
    settings.MEDIA_STAGING = {
        **settings.MEDIA_STAGING,
        "REMOTE": "fake",
        "REMOTES": {"fake": {}},
        "TRANSFER_CONCURRENCY": 2,
    }
    logging.disable()
    try:
        with worlds.made(staging_area) as world:
            yield world
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(0)
def test_nothing_is_lost_in_any_life(
    world: World, record_testsuite_property: Callable[[str, object], None]
) -> None:
    profile = LIVES.get(settings.get_current_profile_name(), QUICK)
    try:
        run_state_machine_as_test(partial(LifeWithRaces, world), settings=profile)
    finally:
        record_testsuite_property("lives", world.lives)
        record_testsuite_property("steps", world.steps)
