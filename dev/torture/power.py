"""Power cuts: the harness of `tests/torture/`, for 5,000 acknowledged photos."""

import tempfile
from pathlib import Path

from dev.torture.table import Row
from tests.torture.disks import no_power_cuts
from tests.torture.power import SECTION, power_cuts

ACKNOWLEDGED = 5000


def torture(_seed: int) -> list[Row]:
    """Where nothing can be mounted that is said in the table, and nothing is claimed."""
    if reason := no_power_cuts():
        return [Row(SECTION, "not run", 0, reason, good=True)]
    with tempfile.TemporaryDirectory() as folder:
        return power_cuts(Path(folder), ACKNOWLEDGED)
