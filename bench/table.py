"""Rows of the result, the statistics behind them, and the facts about the disk above them."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev import table

FSYNC_ROUNDS = 50
HEADINGS = ("what", "against", "measured", "goal", "")


@dataclass(frozen=True)
class Row:
    """One line of the table. `met` is judged on the figures before they were rounded for print."""

    what: str
    against: str
    measured: str
    goal: str
    met: bool

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.what, self.against, self.measured, self.goal, "met" if self.met else "NOT MET")


# --- Statistics ------------------------------------------------------------------------------


p50: Callable[[Sequence[float]], float] = statistics.median


def p95(values: Sequence[float]) -> float:
    """The value that 95 % of the sample do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[-(-95 * len(ranked) // 100) - 1]


def ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"


# --- The disk --------------------------------------------------------------------------------


def file_system(folder: Path) -> str:
    """The type of the file system that holds `folder`, such as `ext4`."""
    lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    holding = [(point, kind) for _, point, kind, *_ in lines if folder.is_relative_to(point)]
    return max(holding, key=lambda found: len(found[0]))[1]


def fsync_seconds(folder: Path) -> list[float]:
    """How long the fsync of 4 KiB more takes, each time."""
    target = folder / "fsync"
    seconds = []
    with target.open("wb", buffering=0) as stored:
        for _ in range(FSYNC_ROUNDS):
            stored.write(os.urandom(4096))
            began = time.perf_counter()
            os.fsync(stored.fileno())
            seconds.append(time.perf_counter() - began)
    target.unlink()
    return seconds


def disk_facts(folder: Path) -> str:
    taken = fsync_seconds(folder)
    return (
        f"VAR_DIR {folder} on {file_system(folder)}; "
        f"fsync of 4 KiB: p50 {ms(p50(taken))}, p95 {ms(p95(taken))}"
    )


# --- The table -------------------------------------------------------------------------------


def render(rows: Sequence[Row]) -> str:
    return table.render(HEADINGS, [row.cells for row in rows])
