"""The short form of `make torture`: a few kills of every kind, on both sets of servers."""

from pathlib import Path

import pytest

from dev.torture.table import render
from tests.torture.backends import Embedded, Servers
from tests.torture.fire import fire

KILLS = 6


@pytest.mark.parametrize("servers", [Embedded, Servers])
def test_nothing_is_lost_doubled_or_dangling_under_fire(
    servers: type[Embedded] | type[Servers], tmp_path: Path
) -> None:
    with servers(tmp_path) as backend:
        report = fire(tmp_path, backend, kills=KILLS, seed=1)
    rows = report.rows()
    print(render(rows))
    assert report.kills.killed.total() >= KILLS
    assert [row for row in rows if not row.good] == []
