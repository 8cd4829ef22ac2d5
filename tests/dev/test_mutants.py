"""The mutants of `make torture` keep up with the code that they break."""

import pytest

from dev.torture.mutants import MUTANTS, Mutant, mutated
from dev.torture.pytest_run import ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_finds_its_place_and_is_a_program(mutant: Mutant) -> None:
    compile(mutated(mutant), mutant.file, "exec")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_names_a_test_that_there_is(mutant: Mutant) -> None:
    file, _, name = mutant.test.partition("::")
    text = (ROOT / "tests" / "media_staging" / file).read_text()
    assert f"\ndef {name}(" in text
