"""Rows of the closing table."""

from collections.abc import Sequence
from dataclasses import dataclass

from dev import table

HEADINGS = ("section", "what", "count", "result", "")


@dataclass(frozen=True)
class Row:
    """`what` was done `count` times, and what came of it."""

    section: str
    what: str
    count: int
    result: str
    good: bool

    @property
    def cells(self) -> tuple[str, ...]:
        mark = "good" if self.good else "BAD"
        return self.section, self.what, f"{self.count:,}", self.result, mark


def render(rows: Sequence[Row]) -> str:
    return table.render(HEADINGS, [row.cells for row in rows])
