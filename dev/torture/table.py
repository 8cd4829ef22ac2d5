"""Rows of the closing table."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    table = [HEADINGS, *(row.cells for row in rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
