"""Nothing is deleted past `removal/door.py`: read from the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import media_staging

ROOM = Path(media_staging.__file__).parent
DOOR = "removal/door.py"
# What takes a file or a folder from the disk, of pathlib, os and shutil.
TAKES_AWAY = {"unlink", "remove", "rmdir", "rmtree", "removedirs"}
# Who else may: the staging area and intake take back what they did not finish.
UNFINISHED = ("area/", "intake/receiving.py")
SOURCES = {
    str(path.relative_to(ROOM)): path.read_text()
    for path in sorted(ROOM.rglob("*.py"))
    if path.relative_to(ROOM).parts[0] not in {"migrations", "remotes"}
}


def deletes_objects(source: str) -> Iterator[str]:
    """Of a row, `delete()` takes no argument; of a remote it does. Mentioned only, it is passed on
    to somebody who calls it."""
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    of_rows = {id(call.func) for call in calls if not (call.args or call.keywords)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "delete" and id(node) not in of_rows:
            yield ast.unparse(node)


def deletes_files(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        name = getattr(node, "attr", getattr(node, "id", ""))
        if isinstance(node, ast.Attribute | ast.Name) and name in TAKES_AWAY:
            yield ast.unparse(node)


@pytest.mark.parametrize("name", sorted(SOURCES.keys() - {DOOR}))
def test_nobody_else_deletes_an_object(name: str) -> None:
    assert list(deletes_objects(SOURCES[name])) == []


@pytest.mark.parametrize("name", [name for name in SOURCES if not name.startswith(UNFINISHED)])
def test_nobody_else_deletes_a_file(name: str) -> None:
    found = list(deletes_files(SOURCES[name]))
    assert found == [] or name == DOOR


def test_the_door_itself_is_seen_to_delete() -> None:
    """Otherwise this would notice nothing."""
    assert set(deletes_objects(SOURCES[DOOR])) == {"remote.delete"}
    assert "path.unlink" in set(deletes_files(SOURCES[DOOR]))


@pytest.mark.parametrize(
    "source", ["remotes.get(name).delete(key, {})", "on_commit(partial(there.delete, key))"]
)
def test_a_delete_of_an_object_is_told_from_that_of_a_row(source: str) -> None:
    assert list(deletes_objects(source))
    assert not list(deletes_objects("StagedFile.objects.filter(pk=1).delete()"))
