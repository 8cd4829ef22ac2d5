"""Where files are, when the settings say something else from today on."""

import json
from http import HTTPStatus
from uuid import uuid4

import pytest

from bench.site import Client
from tests.media_staging.field.conftest import MakeSite
from tests.media_staging.field.sites import Answer, Contents, Prefix, Site
from tests.support.storages import Storage

EVICT = {"LOCAL_RETENTION_SECONDS": "0"}


def inner(prefix: Prefix) -> Prefix:
    return Prefix(prefix.storage, f"{prefix.location}/b")


def test_a_prefix_that_is_taken_out_of_the_settings_keeps_its_files(
    prefix: Prefix, make_site: MakeSite
) -> None:
    below = inner(prefix)
    site = make_site(below.entry)
    evicted = site.do("made = drained(2); sweep()", **EVICT)
    first, second = evicted
    assert (below.contents(), site.local()) == (evicted, {})
    site.entries = prefix.entry
    site.cleanup()
    assert below.contents() == evicted
    status = site.command("staging_status", "--json")
    assert (status.code, [each["files"] for each in status.json["elsewhere"]]) == (1, [2])
    # Back again, everything goes on as if nothing had been.
    site.entries = below.entry
    site.do(f"made = drop({first!r})")
    assert site.cleanup().code == 0
    assert below.contents().keys() == {second}


def test_a_site_without_a_prefix_leaves_the_one_beside_it_alone(
    prefix: Prefix, make_site: MakeSite
) -> None:
    below = inner(prefix)
    above, beside = make_site(prefix.entry, "above"), make_site(below.entry, "beside")
    ours = above.do("sweep(); made = drained(2)")
    # Theirs has no mark of its own yet.
    theirs = beside.do("made = drained(2)")
    assert above.cleanup().code == 0
    assert below.contents() == theirs
    assert beside.cleanup().code == 0
    assert prefix.contents().keys() == {*ours, *(f"b/{key}" for key in theirs)}


@pytest.mark.parametrize("storage", ["s3"], indirect=True)
def test_another_bucket_takes_what_is_new_and_the_old_one_keeps_what_it_has(
    storage: Storage, make_site: MakeSite
) -> None:
    old, new = bucket(storage, "old"), bucket(storage, "new")
    site = make_site(old.entry)
    files = site.do("made = drained(3); sweep()")
    the_settings_change(site, new.entry, old, files)
    # "TYPE" lets both be set up; what was deleted meanwhile goes.
    site.entries = new.entry | {"before": {"TYPE": "s3", **old.options}}
    old_files = forget_waiting(site)
    assert old_files.code == 0
    assert len(old.contents()) == 2
    assert len(new.contents()) == 1


def bucket(storage: Storage, name: str) -> Prefix:
    made = Prefix(storage, name, bucket_name=f"field-{name}-{uuid4().hex[:8]}")
    made.remote.client.create_bucket(Bucket=made.remote.bucket)
    return made


@pytest.mark.parametrize("storage", ["s3"], indirect=True)
def test_two_buckets_side_by_side_keep_to_themselves(storage: Storage, make_site: MakeSite) -> None:
    paper, glass = bucket(storage, "paper"), bucket(storage, "glass")
    to_paper = {"paper": {"TYPE": "s3", **paper.options}}
    to_glass = {"glass": {"TYPE": "s3", **glass.options}}
    site = make_site(to_paper | to_glass)
    on_paper: Contents = site.do("sweep(); made = drained(3)")
    # What waits for one goes there, although new files go to the other by now.
    on_paper |= site.do("made = sold(1)")
    site.entries = to_glass | to_paper
    on_glass: Contents = site.do("made = drained(3)")
    assert (paper.contents(), glass.contents()) == (on_paper, on_glass)
    # One of each is deleted, one lost with its row; the other bucket has others' under these keys.
    (sold, lost, next_one, *_), (broken, gone, *_) = on_paper, on_glass
    site.do(f"made = drop({sold!r}, {broken!r}); delete_rows({lost!r}, {gone!r})")
    for key in (broken, gone):
        del on_glass[key]
        on_paper |= paper.put(key, b"kept")
    for key in (sold, lost):
        del on_paper[key]
        on_glass |= glass.put(key, b"kept")
    assert site.cleanup().code == 0
    assert (paper.contents(), glass.contents()) == (on_paper, on_glass)
    # One of them is taken out of the settings, and something there deleted.
    site.entries = to_glass
    site.do(f"made = drop({next_one!r})")
    answer = site.cleanup()
    assert (answer.code, [each["key"] for each in answer.json["stuck"]]) == (1, [next_one])
    assert (paper.contents(), glass.contents()) == (on_paper, on_glass)
    (elsewhere,) = site.command("staging_status", "--json").json["elsewhere"]
    assert (elsewhere["remote"], elsewhere["files"]) == ("paper", 2)
    assert site.verify().json["missing"] == []
    # And put back, as the one that new files go to.
    site.entries = to_paper | to_glass
    on_paper |= site.do("made = drained(1)")
    assert forget_waiting(site).code == 0
    del on_paper[next_one]
    assert (paper.contents(), glass.contents()) == (on_paper, on_glass)


@pytest.mark.parametrize("storage", ["s3"], indirect=True)
def test_a_remote_that_is_set_up_no_more_breaks_no_page_and_no_command(
    prefix: Prefix, make_site: MakeSite
) -> None:
    site = make_site(prefix.entry)
    files = site.do("made = drained(3); sweep()")
    folder = {"filesystem": {"root": str(site.var_dir / "folder")}}
    the_settings_change(site, folder, prefix, files)
    site.entries = folder | prefix.entry
    assert forget_waiting(site).code == 0
    assert len(prefix.contents()) == 2


def the_settings_change(
    site: Site, entries: dict[str, dict[str, object]], old: Prefix, files: Contents
) -> None:
    """Three files are in the old place, two of them here as well; the first product is deleted."""
    deleted, here, evicted = files
    site.sql("UPDATE media_staging_stagedfile SET due_at = NULL WHERE key = ?", evicted)
    (site.var_dir / "staging" / "files" / evicted).unlink()
    site.entries = dict(entries)
    site.start_web()
    client = site.client()
    images = [image_of(client, number) for number in (1, 2, 3)]
    assert all(client.request("GET", f"/products/{n}/")[0] == HTTPStatus.OK for n in (1, 2, 3))
    assert images[1]["url"] == f"/media/{here}"
    assert client.request("GET", f"/media/{here}")[0] == HTTPStatus.OK
    deleting = client.post(f"/products/images/{images[0]['id']}/delete/", b"", "application/json")
    assert deleting[0] == HTTPStatus.OK
    # A new picture goes to the new place.
    client.reconnect()
    client.add_photo(2)
    client.connection.close()
    site.kill_all()
    assert json.loads(site.drain().text)["transferred"] == 1
    answer = site.cleanup()
    assert old.contents() == files
    assert (answer.code, [each["key"] for each in answer.json["stuck"]]) == (1, [deleted])
    compared = site.verify()
    assert (compared.code, len(compared.json["elsewhere"])) == (1, 2)
    assert compared.json["missing"] == []


def image_of(client: Client, product: int) -> dict[str, object]:
    status, content = client.request("GET", f"/products/{product}/images/")
    assert status == HTTPStatus.OK, content
    image: dict[str, object] = json.loads(content)["images"][0]
    return image


def forget_waiting(site: Site) -> Answer:
    """The next cleanup, without the wait for what was put off."""
    site.end_waiting()
    return site.cleanup()
