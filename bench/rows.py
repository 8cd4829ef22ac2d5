"""Variants beside a `save()` per row, and how many queries a page takes. On both databases."""

import json
from pathlib import Path
from typing import Any

from bench.site import production, run
from bench.table import Row, ms, p50
from dev.servers.postgres import Postgres

# In the words of the table, by what `row_times` calls them.
EDITS = {"create": "create", "change_all": "change all", "change_one": "change one"}
MOST_QUERIES = 8


def variants(folder: Path) -> list[Row]:
    with Postgres() as postgres:
        found = {
            "PostgreSQL": measure(folder / "postgres", "variants", DATABASE_URL=postgres.url),
            "SQLite": measure(folder / "sqlite", "variants"),
        }
    return [
        *(speed(name, edit, by_edit[edit]) for name, by_edit in found.items() for edit in EDITS),
        queries(found),
    ]


def measure(var_dir: Path, subject: str, **more: str) -> dict[str, Any]:
    env = production(var_dir, **more)
    run("manage.py", "migrate", "-v0", env=env)
    answer: dict[str, Any] = json.loads(run("-m", "bench.row_times", subject, env=env))
    return answer


def speed(database: str, edit: str, found: dict[str, Any]) -> Row:
    ours, others, together = (p50(found[who]) for who in ("ours", "others", "together"))
    ratio = others / ours
    return Row(
        f"500 variants, {EDITS[edit]}, {database}",
        "a save() per row (in brackets: all in one transaction)",
        f"{ms(ours)} / {ms(others)} = {ratio:.1f} times faster ({together / ours:.1f})",
        "at least 10 times faster",
        met=ratio >= 10,
    )


def queries(found: dict[str, dict[str, Any]]) -> Row:
    counts = {name: [of[edit]["queries"] for edit in EDITS] for name, of in found.items()}
    return Row(
        "500 variants, statements, BEGIN and COMMIT included",
        " / ".join(EDITS.values()),
        ", ".join(f"{name} {' / '.join(map(str, each))}" for name, each in counts.items()),
        f"at most {MOST_QUERIES}",
        met=all(count <= MOST_QUERIES for each in counts.values() for count in each),
    )


def pages(folder: Path) -> list[Row]:
    with Postgres() as postgres:
        # The pages are asked for in this process, without collected static files.
        found = {
            "PostgreSQL": measure(
                folder / "postgres", "pages", DEBUG="1", DATABASE_URL=postgres.url
            ),
            "SQLite": measure(folder / "sqlite", "pages", DEBUG="1"),
        }
    return [page(name, what, *counts) for name, of in found.items() for what, counts in of.items()]


def page(database: str, what: str, few: int, many: int) -> Row:
    return Row(
        f"queries of the {what}, {database}",
        "1 and 100",
        f"{few} and {many}",
        "the same number",
        met=few == many,
    )
