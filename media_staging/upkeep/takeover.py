"""What a person takes over with `staging_accept`, told before it is done."""

from collections.abc import Iterator, Sequence

from media_staging.area import staging
from media_staging.models import StagedFile, StagingArea
from media_staging.remotes import Remote
from media_staging.removal.leftovers import MOST_SHOWN
from media_staging.removal.marks import own_mark, parsed
from media_staging.states import relations
from media_staging.states.installation import installation
from media_staging.upkeep import sweeping


def of_area() -> Iterator[str]:
    """Raises OSError."""
    yield f"The staging area is {staging.root()}."
    yield this_database()
    yield whose_area()
    if gone := relations.vanished():
        names = ", ".join(map(str, gone))
        yield f"Files that only these refer to are let go of, they are not in the project: {names}"
    found = sweeping.unreferenced([])
    yield f"Files there: {found.total}"
    without = "Without a row; the next sweep deletes them"
    yield from named(without, found.taken + found.lost, found.number + len(found.lost))


def of_prefix(remote: Remote) -> Iterator[str]:
    """Reads its listing. Raises Outage or Setup."""
    yield f"The storage of {remote.name} is {remote.address}."
    yield this_database()
    yield whose_prefix(remote)
    found = sweeping.look_through(remote)
    yield f"Objects there: {found.total}"
    yield f"Others', which stay: {found.foreign}"
    newer = "Newer than this database; they stay, and are nobody's from now on"
    yield from named(newer, found.newer, len(found.newer))
    ours = "This database put them there and has no row for them; the next sweep deletes them"
    yield from named(ours, found.taken + found.lost, found.number + len(found.lost))


def this_database() -> str:
    return f"This is the {staging.this_database()}, with {StagedFile.objects.count()} files."


def whose_area() -> str:
    try:
        found = staging.read_mark()
    except ValueError:
        return "Its mark cannot be read."
    if found is None:
        return "It has no mark."
    if StagingArea.objects.filter(mark=found).exists():
        return "Its mark is this database's, or a copy of that."
    return "Its mark is another database's: that one takes no uploads there any more."


def whose_prefix(remote: Remote) -> str:
    content = remote.read_prefix_mark()
    if content is None:
        return "It has no mark."
    if own_mark(remote):
        return "Its mark is this database's."
    mark, me = parsed(content), installation()
    if mark is None:
        return "Its mark cannot be read."
    if mark.database == me.database:
        return "Its mark is of a later state of this database, or of a copy of it."
    if str(mark.database) in me.former:
        return "Its mark has a former id of this database; a copy of it may still use that."
    return f"Its mark is another database's, {mark.database}: that one stops deleting there."


def named(what: str, keys: Sequence[str], number: int) -> Iterator[str]:
    if number:
        yield f"{what}: {number}"
    yield from (f"  {key}" for key in keys[:MOST_SHOWN])
    if number > MOST_SHOWN:
        yield f"  and {number - MOST_SHOWN} more"
