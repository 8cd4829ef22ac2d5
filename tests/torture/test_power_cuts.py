"""The short form of the power cuts of `make torture`."""

from pathlib import Path

import pytest

from dev.torture.table import render
from tests.torture.disks import no_power_cuts
from tests.torture.power import power_cuts

pytestmark = pytest.mark.skipif(bool(no_power_cuts()), reason=no_power_cuts())


def test_a_power_cut_takes_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    rows = power_cuts(tmp_path, 60, per_cut=30)
    print(render(rows))
    assert [row for row in rows if not row.good] == []
