"""The mutants of `make torture` keep up with the code that they break."""

import pytest

from dev.torture.mutants import MUTANTS, Mutant, mutated


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_finds_its_place_and_is_a_program(mutant: Mutant) -> None:
    compile(mutated(mutant), mutant.file, "exec")
