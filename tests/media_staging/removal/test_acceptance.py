"""A person who accepts is told first what that means, and is asked."""

from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from media_staging.area import staging
from media_staging.models import Installation, Place, StagedFile, StagingArea
from media_staging.removal.marks import PrefixMark
from media_staging.states.installation import object_mark
from tests.conftest import Clock
from tests.media_staging.fake_remote import FakeRemote, own_mark
from tests.media_staging.photos import staged
from tests.media_staging.removal.doubt import AVATAR, ORPHAN, sweep, synced

pytestmark = pytest.mark.django_db(transaction=True)
REMOTE = ("--remote", "fake")
TABLES = (Installation, Place, StagingArea, StagedFile)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What a person types."""
    typed = StringIO()
    monkeypatch.setattr("sys.stdin", typed)
    return typed


def say(answers: StringIO, text: str, *arguments: str) -> str:
    """Run the command with this answer; what it told."""
    answers.seek(0)
    answers.truncate()
    answers.write(text)
    answers.seek(0)
    told = StringIO()
    try:
        call_command("staging_accept", *arguments, stdout=StringIO(), stderr=told)
    except CommandError as error:
        return f"{told.getvalue()}{error}"
    return told.getvalue()


def everything(fake: FakeRemote) -> list[object]:
    mark = staging.mark_path().read_bytes()
    return [fake.prefix_mark, mark, *(list(table.objects.values()) for table in TABLES)]


@pytest.mark.parametrize("what", [REMOTE, ("--area",)])
@pytest.mark.parametrize("answer", ["no\n", "n\n", "\n", "yesterday\n"])
def test_who_does_not_say_yes_changes_nothing(
    fake: FakeRemote, answers: StringIO, what: tuple[str, ...], answer: str
) -> None:
    synced()
    sweep()
    fake.prefix_mark = PrefixMark(uuid4(), "theirs", sweep=True).as_bytes()
    before = everything(fake)
    assert say(answers, answer, *what).endswith("Nothing was changed.")
    assert everything(fake) == before


@pytest.mark.parametrize("answer", ["yes\n", "Y\n", ""], ids=["yes", "y", "nobody is there"])
def test_who_says_yes_takes_it_over(fake: FakeRemote, answers: StringIO, answer: str) -> None:
    fake.prefix_mark = PrefixMark(uuid4(), "theirs", sweep=True).as_bytes()
    synced()
    fake.put(ORPHAN, b"x", mark=own_mark(0, ORPHAN))
    assert sweep().swept == []
    say(answers, answer, *REMOTE)
    assert sweep().swept == [ORPHAN]


def test_a_script_is_told_nothing_and_not_asked(fake: FakeRemote, answers: StringIO) -> None:
    synced()
    assert say(answers, "no\n", *REMOTE, "--no-input") == ""
    assert say(answers, "no\n", "--area", "--noinput") == ""


def test_it_tells_whose_the_prefix_is_and_what_becomes_of_what_is_there(
    fake: FakeRemote, answers: StringIO
) -> None:
    synced(2)
    sweep()
    theirs, orphans = uuid4(), [ORPHAN.replace("000.jpg", f"{n:03}.jpg") for n in range(5)]
    fake.prefix_mark = PrefixMark(theirs, "theirs", sweep=True).as_bytes()
    fake.put(AVATAR, b"x", mark=object_mark(theirs, 1, AVATAR))
    for key in orphans:
        fake.put(key, b"x", mark=own_mark(0, key))
    newer = ORPHAN.replace("photos", "newer")
    fake.put(newer, b"x", mark=own_mark(10**9, newer))
    told = say(answers, "no\n", *REMOTE)
    assert "The storage of fake is memory." in told
    assert f"Its mark is another database's, {theirs}: that one stops deleting there." in told
    # Two of them have a row.
    assert "Objects there: 9\nOthers', which stay: 1\n" in told
    assert (
        f"Newer than this database; they stay, and are nobody's from now on: 1\n  {newer}" in told
    )
    assert "the next sweep deletes them: 5\n" in told
    assert told.count("photos/00000000") == 3
    assert "  and 2 more\n" in told


@pytest.mark.parametrize(
    ("mark", "sentence"),
    [
        (None, "It has no mark."),
        (b"{", "Its mark cannot be read."),
        ("ours", "Its mark is this database's."),
        ("a copy's", "Its mark is of a later state of this database, or of a copy of it."),
    ],
)
def test_it_tells_what_the_mark_says(
    fake: FakeRemote, answers: StringIO, mark: bytes | str | None, sentence: str
) -> None:
    synced()
    sweep()
    if mark == "a copy's":
        me = Installation.objects.get().database
        fake.prefix_mark = PrefixMark(me, "unknown", sweep=True).as_bytes()
    elif mark != "ours":
        assert not isinstance(mark, str)
        fake.prefix_mark = mark
    assert sentence in say(answers, "no\n", *REMOTE)


def test_it_tells_which_local_files_the_next_sweep_takes(
    fake: FakeRemote, answers: StringIO, clock: Clock, staging_area: Path
) -> None:
    lost, kept = staged(2)
    StagedFile.objects.filter(pk=lost.pk).delete()
    clock.forward(days=2)
    told = say(answers, "no\n", "--area")
    assert f"The staging area is {staging_area}." in told
    assert "Its mark is this database's, or a copy of that." in told
    assert "Files there: 2\n" in told
    assert f"Without a row; the next sweep deletes them: 1\n  files/{lost.key}\n" in told
    assert kept.key not in told
    staging.mark_path().write_text(str(uuid4()))
    assert "Its mark is another database's" in say(answers, "no\n", "--area")
    staging.mark_path().write_text("half")
    assert "Its mark cannot be read." in say(answers, "no\n", "--area")
    staging.mark_path().unlink()
    assert "It has no mark." in say(answers, "no\n", "--area")
