"""Processes under fire: the harness of `tests/torture/`, for 200 kills."""

import tempfile
from pathlib import Path

from dev.torture.table import Row
from tests.torture.backends import Embedded, Servers
from tests.torture.fire import fire

KILLS_PER_BACKEND = 100


def torture(seed: int) -> list[Row]:
    """Half of the kills beside SQLite, half beside servers that are killed as well."""
    rows = []
    for servers in (Embedded, Servers):
        with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as backend:
            rows += fire(Path(folder), backend, kills=KILLS_PER_BACKEND, seed=seed).rows()
    return rows
