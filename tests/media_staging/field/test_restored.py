"""A database that is older than its files, one that is there twice, and an empty one."""

import shutil
from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path

import pytest

from bench.site import Form
from tests.media_staging.field.conftest import MakeSite
from tests.media_staging.field.sites import Answer, Contents, Prefix, Site
from tests.support.storages import NAMES

# Drained, swept since, and files uploaded after the database was put back.
ON_ALL = [(name, 1, 0, 0) for name in NAMES]
OF_A_FOLDER = [("filesystem", *rest) for rest in ((0, 0, 1), (0, 1, 0), (1, 1, 1))]


def with_lost_rows(site: Site, dump: Path, *, drained: bool, swept: bool) -> Contents:
    """Files that are newer than the database, which is put back; beside two that are not."""
    steps = ["drained(2)", "sweep()", f"dump({str(dump)!r})", "made = sold(3)"]
    steps += ["drain()"] * drained + ["sweep()"] * swept
    newer: Contents = site.do("; ".join(steps))
    site.restore(dump)
    return newer


@pytest.mark.parametrize(
    ("storage", "drained", "swept", "uploads"), ON_ALL + OF_A_FOLDER, indirect=["storage"]
)
def test_files_that_are_newer_than_a_restored_database_stay_on_both_sides(
    prefix: Prefix, make_site: MakeSite, tmp_path: Path, drained: bool, swept: bool, uploads: bool
) -> None:
    site = make_site(prefix.entry)
    newer = with_lost_rows(site, tmp_path / "dump", drained=drained, swept=swept)
    later: Contents = site.do("made = drained(4)") if uploads else {}
    answer = site.cleanup()
    assert (newer | later).items() <= site.local().items()
    if drained:
        assert newer.items() <= prefix.contents().items()
    assert later.items() <= prefix.contents().items()
    assert answer.code == 1
    assert answer.refused >= newer.keys()


@pytest.mark.parametrize("storage", ["filesystem"], indirect=True)
def test_a_person_who_accepts_the_restored_database_has_it_clean_up_again(
    prefix: Prefix, make_site: MakeSite, tmp_path: Path
) -> None:
    site = make_site(prefix.entry)
    with_lost_rows(site, tmp_path / "dump", drained=True, swept=True)
    files = site.do("made = drained(2)")
    assert site.cleanup().code == 1
    site.accept("area", prefix.storage.name)
    dropped, kept = files
    site.do(f"made = drop({dropped!r})")
    answer = site.cleanup()
    assert answer.code == 0
    assert dropped not in prefix.contents()
    assert files.keys() & site.local().keys() == {kept}


# --- A copy of the database ----------------------------------------------------------------------


def copy_of(site: Site, make_site: MakeSite, *, whole: bool) -> Site:
    """A clone of database and settings elsewhere: with the files of the VAR_DIR, or without."""
    clone = make_site(site.entries, "clone")
    clone.restore(site.database_file)
    if whole:
        shutil.copytree(site.var_dir / "staging", clone.var_dir / "staging", dirs_exist_ok=True)
    return clone


@pytest.mark.parametrize("storage", ["s3"], indirect=True)
def test_a_clone_with_an_area_of_its_own_deletes_nothing_of_the_original(
    prefix: Prefix, make_site: MakeSite
) -> None:
    site = make_site(prefix.entry)
    files = site.do("made = drained(3); sweep()")
    clone = copy_of(site, make_site, whole=False)
    drop_all = f"made = drop(*{[*files]})"
    files |= site.do("made = drained(3)")
    clone.do(drop_all)
    assert clone.cleanup().code == 1
    assert prefix.contents() == files
    # Its owner says that the area is its own; the prefix is still the original's.
    clone.accept("area")
    own = clone.do("made = drained(1)")
    clone.end_waiting()
    clone.cleanup()
    assert prefix.contents() == files | own
    assert site.cleanup().code == 0
    assert prefix.contents() == files | own


@pytest.mark.parametrize("storage", ["s3"], indirect=True)
def test_a_clone_with_all_files_stops_when_the_original_goes_on(
    prefix: Prefix, make_site: MakeSite
) -> None:
    site = make_site(prefix.entry)
    files = site.do("made = drained(3); sweep()")
    clone = copy_of(site, make_site, whole=True)
    drop_all = f"made = drop(*{[*files]})"
    files |= site.do("made = drained(3); sweep()")
    clone.do(drop_all)
    answer = clone.cleanup()
    assert prefix.contents() == files
    assert answer.code == 1
    assert site.cleanup().code == 0


@pytest.mark.parametrize("swept", [True, False], ids=["swept before", "never swept"])
def test_a_clone_that_is_faster_than_the_original_takes_nothing_away(
    prefix: Prefix, make_site: MakeSite, swept: bool
) -> None:
    """It deletes, purges and sweeps before the original does anything."""
    site = make_site(prefix.entry)
    files: Contents = site.do("made = drained(3)" + "; sweep()" * swept)
    clone = copy_of(site, make_site, whole=True)
    answer = delete_all(clone, files)
    assert answer.code == 1
    assert answer.refused >= files.keys()
    assert all("--area" in each["reason"] for each in answer.json["refused"])
    assert prefix.contents() == files
    # Its owner says that the area is its own; the storage is still the original's.
    clone.accept("area")
    files |= clone.do("made = drained(1)")
    assert prefix.contents() == files
    *_theirs, own = files
    assert delete_all(clone, files).code == 1
    del files[own]
    assert prefix.contents() == files
    # The original never notices.
    first, *others = files
    assert delete_all(site, [first]).code == 0
    assert prefix.contents().keys() == {*others}


def test_a_person_who_is_about_to_accept_the_wrong_prefix_is_told_and_asked(
    prefix: Prefix, make_site: MakeSite
) -> None:
    site, other = make_site(prefix.entry), make_site(prefix.entry, "other")
    name = prefix.storage.name
    files = site.do("made = drained(3); sweep()")
    own = other.do("made = drained(1); sweep()")
    told = other.command("staging_accept", "--remote", name, typed="no\n")
    assert (told.code, told.text) == (1, "")
    assert "Its mark is another database's" in told.errors
    assert "Objects there: 4\nOthers', which stay: 3\n" in told.errors
    assert told.errors.endswith("Nothing was changed.\n")
    # Both go on as they did.
    assert (site.cleanup().code, other.cleanup().code) == (0, 0)
    first, *others = files
    assert delete_all(site, [first]).code == 0
    assert delete_all(other, own).code == 0
    assert prefix.contents().keys() == {*others}
    assert other.command("staging_accept", "--remote", name, typed="yes\n").code == 0
    assert (
        "Its mark is another database's"
        in site.command("staging_accept", "--remote", name, typed="no\n").errors
    )


@pytest.mark.parametrize("storage", ["s3"], indirect=True)
def test_what_the_original_deletes_stops_no_clone_and_comes_back_by_none(
    prefix: Prefix, make_site: MakeSite
) -> None:
    site = make_site(prefix.entry)
    files = site.do("made = drained(3); sweep()")
    clone = copy_of(site, make_site, whole=True)
    first, *others = files
    assert delete_all(site, [first]).code == 0
    clone.do("made = drain()")
    assert clone.cleanup().code == 1
    assert prefix.contents().keys() == {*others}
    assert clone.local() == files
    assert site.cleanup().code == 0


def delete_all(site: Site, keys: Iterable[str]) -> Answer:
    """Delete what shows these files, and clean up until nothing more happens by itself."""
    site.do(f"made = drop(*{[*keys]})")
    site.end_waiting()
    site.cleanup()
    site.end_waiting()
    return site.cleanup()


# --- A part of a database ------------------------------------------------------------------------


@pytest.mark.parametrize("owners", ["older", "present"])
def test_files_whose_rows_were_lost_stay_and_are_named(
    prefix: Prefix, make_site: MakeSite, owners: str
) -> None:
    """The tables of files and owners are older, all that the app remembers is not."""
    site = make_site(prefix.entry)
    kept = site.do("made = drained(2); sweep()")
    newer: Contents = site.do("made = drained(3); sweep(); evict(); sweep()")
    site.do(f"made = {'lose_rows' if owners == 'older' else 'lose_files'}(*{[*newer]})")
    later: Contents = site.do("made = drained(1)")
    answer = site.cleanup()
    assert answer.code == 1
    assert answer.refused >= newer.keys()
    assert site.cleanup().code == 1
    assert prefix.contents() == kept | newer | later
    found = site.verify()
    assert found.code == 1
    assert len(found.json.get("dangling", [])) == (3 if owners == "present" else 0)
    if owners == "older":
        site.accept(prefix.storage.name)
        assert site.cleanup().code == 0
        assert prefix.contents() == kept | later


def test_a_copy_of_the_database_beside_the_live_site_deletes_nothing(
    prefix: Prefix, make_site: MakeSite, tmp_path: Path
) -> None:
    """Somebody tries a dump with the settings of the live site."""
    site = make_site(prefix.entry)
    copy = tmp_path / "copy.sqlite3"
    files = site.do(f"made = drained(3); sweep(); dump({str(copy)!r})")
    beside = {"DATABASE_URL": f"sqlite:///{copy}"}
    site.do(f"made = drop(*{[*files]})", **beside)
    answer = site.cleanup(**beside)
    assert answer.code == 1
    assert answer.refused >= files.keys()
    assert all("--area" in each["reason"] for each in answer.json["refused"])
    assert (site.local(), prefix.contents()) == (files, files)
    # The live site never notices.
    first, *others = files
    assert delete_all(site, [first]).code == 0
    assert prefix.contents().keys() == {*others}


# --- An empty database ---------------------------------------------------------------------------


@pytest.mark.parametrize("storage", ["filesystem"], indirect=True)
def test_an_empty_database_takes_nothing_from_an_area_that_has_another_one(
    prefix: Prefix, make_site: MakeSite, tmp_path: Path, unused: Path
) -> None:
    site = make_site(prefix.entry)
    files = site.do(f"made = drained(3); sweep(); dump({str(tmp_path / 'dump')!r})")
    site.restore(unused / "db.sqlite3")
    answer = site.cleanup()
    assert (site.local(), prefix.contents()) == (files, files)
    assert answer.code == 1
    site.start_web()
    client = site.client()
    form = Form(photos=1)
    refused = client.post("/products/new/", form.body, form.content_type)
    assert refused[0] == HTTPStatus.SERVICE_UNAVAILABLE
    client.connection.close()
    site.kill_all()
    site.restore(tmp_path / "dump")
    assert site.cleanup().code == 0
    assert (site.local(), prefix.contents()) == (files, files)
