"""The map of docs/architecture.md is true: imports between rooms point one way.

Each room says in its first comment what it may import. Here is the order of all of them: nobody
imports what stands further down.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDERS = {
    "media_staging": [
        *("clock", "conf", "errors", "fixtures", "disk", "broker", "remotes", "containers"),
        *("models", "signals"),
        *("area", "states"),
        *("removal", "transfer", "thumbnails", "upkeep", "tasks", "intake", "web"),
        *(
            "forms",
            "fields",
            "whole_bodies",
            "uploads",
            "admin",
            "urls",
            "templatetags",
            "management",
        ),
        *("apps", "migrations"),
    ],
    "products": [
        *(
            "errors",
            "limits",
            "stencil",
            "typed",
            "typed_fields",
            "models",
            "cells",
            "access",
            "bodies",
        ),
        *("images", "variants", "form"),
        *("queries", "json_api", "views", "urls", "admin", "templatetags", "apps"),
        *("demo", "management", "migrations"),
    ],
}
# What a layer never imports.
ABOVE = {"media_staging": {"products", "settings", "urls"}, "products": {"settings", "urls"}}
# A method that belongs to a row in the eyes of whoever uses it, and to the state machine in ours.
UPWARDS = {"media_staging/models/files.py": {"states"}}
# Who alone imports a library.
ONLY = {
    "boto3": "media_staging/remotes/s3/",
    "botocore": "media_staging/remotes/s3/",
    "storages": "media_staging/remotes/s3/",
    "cloudinary": "media_staging/remotes/cloudinary/",
    "PIL": "media_staging/thumbnails/rendering_process.py",
}
NO_ROOMS = {"management", "migrations", "templatetags", "demo"}
MODULES = [
    path
    for app in ORDERS
    for path in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in path.parts
]


def imported(path: Path) -> Iterator[str]:
    """Dotted names; of `from a import b` both `a.b`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    """The folder of an app that a module is in, or its own name where it is in none."""
    return path.relative_to(ROOT).with_suffix("").parts[1]


def rooms_imported(path: Path, app: str) -> set[str]:
    names = (name.split(".") for name in imported(path))
    return {name[1] for name in names if name[0] == app and name[1] in ORDERS[app]}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_stands_before_it(path: Path) -> None:
    app = path.relative_to(ROOT).parts[0]
    order, own = ORDERS[app], room(path)
    if own == "__init__":
        return
    before = {*order[: order.index(own)], own}
    upwards = UPWARDS.get(str(path.relative_to(ROOT)), set())
    assert rooms_imported(path, app) <= before | upwards
    assert not {name.partition(".")[0] for name in imported(path)} & ABOVE[app]


@pytest.mark.parametrize(
    "folder",
    [door.parent for app in ORDERS for door in sorted((ROOT / app).glob("*/__init__.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_room_imports_what_its_first_comment_says(folder: Path) -> None:
    app = folder.parent.name
    declared = re.search(r"May import: ([^.]+)\.", (folder / "__init__.py").read_text())
    if not declared:
        assert folder.name in {
            "management",
            "migrations",
            "templatetags",
            "static",
            "demo",
            "locale",
        }
        return
    found = set().union(*(rooms_imported(path, app) for path in folder.rglob("*.py")))
    allowed = {name.strip() for name in declared[1].split(",")} - {"nothing"}
    assert found - {folder.name} == allowed


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_library_has_one_place(path: Path) -> None:
    for name in imported(path):
        place = ONLY.get(name.partition(".")[0], "")
        assert str(path.relative_to(ROOT)).startswith(place), name
