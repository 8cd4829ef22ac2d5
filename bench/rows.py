"""Variants beside a `save()` per row, and how many queries a page takes. On both databases."""

import json
from pathlib import Path
from typing import Any

from bench.site import inside, production, run
from bench.table import Row, ms, p50
from dev.servers.postgres import Postgres

# In the words of the table, by what `row_times` calls them.
EDITS = {"create": "create", "change_all": "change all", "change_one": "change one"}
MOST_QUERIES = 8


def variants(folder: Path) -> list[Row]:
    found = on_both(folder, "variants")
    return [
        *(speed(name, edit, by_edit[edit]) for name, by_edit in found.items() for edit in EDITS),
        queries(found),
    ]


def on_both(folder: Path, subject: str, **env: str) -> dict[str, dict[str, Any]]:
    """What `row_times` finds on each database."""
    with Postgres() as postgres:
        return {
            "PostgreSQL": measure(folder / "postgres", subject, DATABASE_URL=postgres.url, **env),
            "SQLite": measure(folder / "sqlite", subject, **env),
        }


def measure(var_dir: Path, subject: str, **more: str) -> dict[str, Any]:
    env = production(var_dir, **more)
    run("manage.py", "migrate", "-v0", env=env)
    source = f"import json; from bench import row_times; print(json.dumps(row_times.{subject}()))"
    found: dict[str, Any] = json.loads(inside(source, env))
    return found


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
    # The pages are asked for in that process, without collected static files.
    found = on_both(folder, "pages", DEBUG="1")
    return [page(name, what, *counts) for name, of in found.items() for what, counts in of.items()]


def page(database: str, what: str, few: int, many: int) -> Row:
    return Row(
        f"queries of the {what}, {database}",
        "1 and 100",
        f"{few} and {many}",
        "the same number",
        met=few == many,
    )
