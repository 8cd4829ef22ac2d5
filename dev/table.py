"""A table of plain text, as the benchmarks and the torture print it."""

from collections.abc import Sequence

Cells = Sequence[str]


def render(headings: Cells, rows: Sequence[Cells]) -> str:
    """Columns as wide as they need to be, with a rule below the headings."""
    table = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
