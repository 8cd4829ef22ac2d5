"""A short, repeatable round of the fuzzer; `make torture` runs it for longer, with new seeds."""

import random
from itertools import islice

import pytest

from tests.hostile.fuzz import fuzz
from tests.hostile.mutations import mutants
from tests.media_staging.containers.conftest import make_samples

INPUTS = 400


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_images_are_refused_or_survived(seed: int) -> None:
    counts = fuzz(3600, seed, most=INPUTS)
    print(counts)
    assert counts.inputs == INPUTS
    # It reaches everything: what is taken, what is patched, and most kinds of refusal.
    assert counts.taken > INPUTS // 20
    assert counts.decoded > 0
    assert {"truncated", "corrupt"} <= set(counts.refused)


def test_a_seed_tells_the_inputs() -> None:
    samples = list(make_samples().values())
    first, again = (list(islice(mutants(samples, random.Random(7)), 50)) for _ in range(2))
    assert first == again
