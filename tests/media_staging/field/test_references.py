"""Who refers to a file, in every way that people's models do."""

from pathlib import Path

import pytest

from tests.media_staging.field.conftest import MakeSite
from tests.media_staging.field.sites import Prefix
from tests.support.storages import OnFolder

DAY = {"ORPHAN_GRACE_SECONDS": "86400"}
NEW = """
from owners_app.models import *
made = {}

def new(kind):
    file = staged(folder="owned")
    made[kind] = [file.key, file.sha256]
    return file
"""
REFERRED_TO = """
Plain.objects.create(file=new("foreign key"))
Album.objects.create().files.add(new("many to many"))
Passport.objects.create(file=new("one to one"))
Protected.objects.create(file=new("protecting foreign key"))
Letter.objects.create(file=new("hidden by the base manager"), hidden=True)
new("nobody")
drain()
"""
# What their last owner of ours lets go of, while something else refers to them, or does again.
LET_GO_OF = """
for kind, refer in (
    ("update", lambda row: Plain.objects.filter(pk=row.pk).update(file=row.file)),
    ("bulk update", lambda row: Plain.objects.bulk_update([row], ["file"])),
):
    for moved in (True, False):
        file = new(f"{kind}, {'moved' if moved else 'waiting'}")
        if moved:
            drain()
        row = Plain.objects.create()
        Photo.objects.create(file=file).delete()
        row.file = file
        refer(row)

file, photo = new("update of a field of ours"), Photo.objects.create()
Photo.objects.create(file=file).delete()
Photo.objects.filter(pk=photo.pk).update(file=file)
file = new("protected as well")
Protected.objects.create(file=file)
Photo.objects.create(file=file).delete()
file = new("hidden as well")
Letter.objects.create(file=file, hidden=True)
Photo.objects.create(file=file).delete()
new("nobody")
"""
SCENES = {
    "referred to": (
        REFERRED_TO,
        {"foreign key", "protecting foreign key", "many to many", "one to one"}
        | {"hidden by the base manager"},
    ),
    "let go of by one": (
        LET_GO_OF,
        {"update, moved", "update, waiting", "bulk update, moved", "bulk update, waiting"}
        | {"update of a field of ours", "protected as well", "hidden as well"},
    ),
}
FORGET = """
from django.db.models import QuerySet
from owners_app.models import *
for model in (Plain, Protected, Album, Passport, Photo, Letter):
    QuerySet(model).delete()
made = None
"""


@pytest.fixture
def folder(tmp_path: Path) -> Prefix:
    return Prefix(OnFolder(tmp_path / "shared"), "bucket")


@pytest.mark.parametrize("scene", SCENES)
def test_what_refers_to_a_file_keeps_both_copies_and_the_last_of_all_takes_them_along(
    folder: Prefix, make_site: MakeSite, scene: str
) -> None:
    source, kinds = SCENES[scene]
    site = make_site(folder.entry)
    made = site.do(f"sweep()\n{NEW}\n{source}")
    # What the first lets go of, the second deletes.
    answers = [site.cleanup(), site.cleanup()]
    site.drain()
    local, stored = site.local(), folder.contents()
    lost = {
        kind for kind, (key, sha) in made.items() if not local.get(key) == sha == stored.get(key)
    }
    assert lost == {"nobody"}
    assert made.keys() == kinds | {"nobody"}
    assert made["nobody"][0] not in local | stored
    assert [answer.code for answer in answers] == [0, 0]
    site.do(f"{FORGET}\nsweep()")
    assert site.cleanup().code == 0
    assert (site.local(), folder.contents()) == ({}, {})


def test_a_replaced_or_cleared_file_and_that_of_a_proxy_go_at_once(
    folder: Prefix, make_site: MakeSite
) -> None:
    site = make_site(folder.entry)
    fresh = site.do("""
from owners_app.models import *
replaced, cleared, gone = (Photo.objects.create(file=staged()) for _ in range(3))
drain()
replaced.file = staged()
replaced.save()
cleared.file = None
cleared.save()
PhotoOfTheDay.objects.get(pk=gone.pk).delete()
drain()
made = replaced.file.key
""")
    answer = site.cleanup(**DAY)
    assert site.local().keys() == folder.contents().keys() == {fresh}
    assert answer.code == 0


def test_a_kept_file_whose_key_is_all_that_is_known_stays_until_it_is_let_go_of(
    folder: Prefix, make_site: MakeSite
) -> None:
    site = make_site(folder.entry)
    key = site.do("""
from owners_app.models import *
file = staged(keep=True)
Note.objects.create(key=file.key)
drain()
made = file.key
""")
    assert site.cleanup().code == 0
    assert folder.contents().keys() == site.local().keys() == {key}
    site.do("made = StagedFile.objects.get().let_go()")
    assert site.cleanup().code == 0
    assert folder.contents() == site.local() == {}


def test_where_no_model_refers_to_files_none_is_swept(folder: Prefix, make_site: MakeSite) -> None:
    site = make_site(folder.entry, DJANGO_SETTINGS_MODULE="owners_app.bare_settings")
    key = site.do("file = staged(); drain(); made = file.key")
    assert site.cleanup().code == 0
    assert folder.contents().keys() == site.local().keys() == {key}
