"""One bad item never ends a round: it is named, and the others have their turn."""

from pathlib import Path

from tests.media_staging.field.conftest import MakeSite
from tests.media_staging.field.sites import Answer, Prefix
from tests.support.storages import OnFolder
from tests.support.unchangeable import unchangeable

ROUND = """
sweep()
made = [*drained(7)]
drop(*made[:4])
delete_rows(made[4])
"""


def test_what_cannot_be_deleted_is_named_and_all_else_is_done(
    tmp_path: Path, make_site: MakeSite
) -> None:
    prefix = Prefix(OnFolder(tmp_path / "shared"), "bucket")
    site = make_site(prefix.entry)
    files = site.var_dir / "staging" / "files"
    folded, elsewhere, *_purged, lost, evicted, away = keys = site.do(ROUND)
    (files / folded).unlink()
    (files / folded / "inside").mkdir(parents=True)
    (files.parent / "incoming" / "folder").mkdir()
    gone = "UPDATE media_staging_stagedfile SET remote = 'gone', place = 'gone' WHERE key IN (?, ?)"
    site.sql(gone, elsewhere, away)
    answers = [site.cleanup(LOCAL_RETENTION_SECONDS="0")]
    site.end_waiting()
    answers.append(site.cleanup(LOCAL_RETENTION_SECONDS="0"))
    # Purged, swept and evicted; what is in another place keeps its local copy.
    assert prefix.contents().keys() == {elsewhere, evicted, away}
    assert site.local().keys() == {elsewhere, away}
    assert not (files / lost).exists()
    assert [answer.code for answer in answers] == [1, 1]
    stuck = {each["key"]: each["reason"] for each in answers[1].json["stuck"]}
    assert stuck.keys() == {folded, elsewhere, "incoming/folder"}
    assert all("A folder stands where" in stuck[key] for key in (folded, "incoming/folder"))
    assert len(keys) == 7
    # Nobody promises that the next cleanup takes it away.
    verified = site.verify()
    assert "incoming/folder" in {each["key"] for each in verified.json["refused"]}
    assert verified.json["orphans"] == []
    assert told(site.command("staging_status", "--json")) == stuck
    shown = site.command("staging_status")
    assert shown.code == 1
    assert all(key in shown.text and reason in shown.text for key, reason in stuck.items())


def test_a_local_copy_that_the_system_does_not_let_go_stops_no_purge(
    tmp_path: Path, make_site: MakeSite
) -> None:
    prefix = Prefix(OnFolder(tmp_path / "shared"), "bucket")
    site = make_site(prefix.entry)
    first, *others = site.do(
        "sweep(); made = [*sold(1, folder='theirs'), *drained(3)]; drop(*made)"
    )
    copy = site.var_dir / "staging" / "files" / first
    with unchangeable(copy.parent):
        answer = site.cleanup()
        assert (site.local().keys(), prefix.contents()) == ({first}, {})
    assert (answer.code, [each["key"] for each in answer.json["stuck"]]) == (1, [first])
    assert set(answer.json["purged"]) == {*others}
    assert told(site.command("staging_status", "--json")).keys() == {first}
    # Somebody has repaired it: nothing is left to say.
    site.end_waiting()
    assert site.cleanup().code == 0
    assert site.local() == {}
    status = site.command("staging_status", "--json")
    assert (status.code, told(status)) == (0, {})


def told(status: Answer) -> dict[str, str]:
    """Why each item that is left is left."""
    return {key: each["reason"] for each in status.json["leftovers"] for key in each["keys"]}
