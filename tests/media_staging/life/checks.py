"""What holds after every step of a life, and what else holds once all is quiet.

Each function is one promise. Nothing here knows how the app keeps it.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import Http404
from django.test import RequestFactory

from media_staging.models import StagedFile
from media_staging.states.installation import installation
from media_staging.states.retry import MOST_ATTEMPTS, MOST_UNCLEAR
from media_staging.web import views
from products.models import ProductImage
from tests.media_staging.life.world import World, is_whole, small_of

Status = StagedFile.Status
WAITING = {Status.STAGED, Status.TRANSFERRING, Status.FAILED}


@dataclass
class Snapshot:
    """All rows at one moment; `owned` are the files that an image refers to, hidden ones too."""

    world: World
    files: dict[str, StagedFile]
    images: dict[int, ProductImage]
    local: dict[str, bool]
    # As in `Rows`.
    others: set[int]

    @classmethod
    def take(cls, world: World) -> "Snapshot":
        rows = world.rows_now()
        local = {key: is_whole(file, world.local(key)) for key, file in rows.files.items()}
        return cls(world, rows.files, rows.images, local, rows.others)

    @property
    def owned(self) -> list[StagedFile]:
        wanted = {image.file_id for image in self.images.values()} | self.others
        return [file for file in self.files.values() if file.pk in wanted]

    def remote(self, file: StagedFile) -> bool:
        return is_whole(file, self.world.remote.stored.get(file.key))

    def changed(self) -> list[StagedFile]:
        """The owned files that do not look as they did at the last call."""
        before = self.world.looks
        self.world.looks = {file.key: self.look(file) for file in self.owned}
        return [file for file in self.owned if before.get(file.key) != self.look(file)]

    def look(self, file: StagedFile) -> tuple[object, ...]:
        return file.status, file.due_at is None, self.local[file.key], self.remote(file)


# --- After every step --------------------------------------------------------------------------


def nothing_referenced_is_without_bytes(now: Snapshot) -> None:
    wanted = {image.file_id for image in now.images.values()} | now.others
    assert wanted == {file.pk for file in now.owned}, "an image without a row of its file"
    for file in now.owned:
        assert file.status != Status.PURGING, f"{file.key} is being deleted and has an owner"
        if now.world.is_mounted and file.key not in now.world.gone:
            assert now.local[file.key] or now.remote(file), f"{file.key} is lost"


def every_address_works(now: Snapshot) -> None:
    """The one that a page shows now, and the local one that an older page still shows."""
    if not now.world.is_mounted:
        return
    for file in now.changed():
        if file.key in now.world.gone | now.world.forgotten:
            continue
        data = now.world.truth[file.key]
        assert followed(file.local_url, now.world) == data, f"{file.local_url} is broken"
        if file.key not in now.world.vandalised:
            assert followed(file.url, now.world) == data, f"{file.url} is broken"


def followed(address: str, world: World) -> bytes | None:
    parts = urlsplit(address)
    if parts.netloc:
        return world.remote.stored.get(parts.path.removeprefix("/"))
    key = parts.path.removeprefix("/media/")
    try:
        answer = views.media(RequestFactory().get(address), key)
    except Http404:
        return None
    if answer.status_code == 302:
        return world.remote.stored.get(urlsplit(answer["Location"]).path.removeprefix("/"))
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def every_status_tells_where_the_bytes_are(now: Snapshot) -> None:
    forgotten = now.world.forgotten
    for file in now.files.values():
        if file.key in now.world.gone:
            continue
        if now.world.is_mounted and is_local(file) and file.key not in forgotten:
            assert now.local[file.key], f"{file.status} without a local copy: {file.key}"
        if file.status == Status.SYNCED and file.key not in now.world.vandalised:
            assert now.remote(file), f"synced without the remote's copy: {file.key}"


def is_local(file: StagedFile) -> bool:
    """Whether its row says so."""
    return file.status in WAITING or (file.status == Status.SYNCED and file.due_at is not None)


def nothing_fails_for_what_is_not_its_own(now: Snapshot) -> None:
    remote = now.world.remote
    for file in now.files.values():
        if file.status == Status.FAILED and file.key not in now.world.gone:
            passed = len(set(remote.failures[file.key])) - 1
            guilty = (
                file.key in remote.ever_refused
                or file.attempts >= MOST_ATTEMPTS
                or passed >= MOST_UNCLEAR
            )
            assert guilty, f"{file.key} failed: {file.error_code} {file.error_message}"


def nothing_outlives_its_purge(now: Snapshot) -> None:
    remote = now.world.remote
    others = now.world.strangers.keys() | now.world.lost
    for key in remote.stored.keys() - now.files.keys() - remote.strays - others:
        assert remote.is_held(key), f"{key} is on the remote, nobody knows it, nobody deletes it"


def only_its_holder_ends_a_transfer(now: Snapshot) -> None:
    """Whoever else was late changes nothing; only a deletion ends it from outside."""
    for request in now.world.remote.open:
        file = now.files.get(request.key)
        if file and file.token == request.token:
            assert file.status in {Status.TRANSFERRING, Status.PURGING}, (
                f"{file.key}: {file.status}"
            )


def nobody_elses_is_touched(now: Snapshot) -> None:
    stored = now.world.remote.stored
    for key, data in now.world.strangers.items():
        assert stored.get(key) == data, f"{key} is somebody else's, and gone"


def what_a_dump_has_lost_keeps_its_bytes(now: Snapshot) -> None:
    for key in now.world.guarded:
        copies = now.world.copies(key)
        assert now.world.truth[key] in copies, f"{key} is newer than the database, and gone"


def small_pictures_come_and_go_together(now: Snapshot) -> None:
    """Each of one original that is not being deleted; never a preview without a thumbnail."""
    made = {file.pk for file in now.files.values() if file.is_thumbnail}
    used = [pk for file in now.files.values() for pk in small_of(file)]
    assert len(used) == len(set(used)), "two originals refer to one small picture"
    assert made >= set(used), "an original is taken for a small picture"
    for file in now.files.values():
        assert file.thumbnail_id or not file.preview_id, f"{file.key} has a preview alone"
        assert not (file.status == Status.PURGING and small_of(file)), f"{file.key} holds on"


STEP = (
    small_pictures_come_and_go_together,
    nobody_elses_is_touched,
    what_a_dump_has_lost_keeps_its_bytes,
    nothing_referenced_is_without_bytes,
    every_address_works,
    every_status_tells_where_the_bytes_are,
    nothing_fails_for_what_is_not_its_own,
    nothing_outlives_its_purge,
    only_its_holder_ends_a_transfer,
)


# --- Once all is quiet -------------------------------------------------------------------------


def everything_is_synced_or_deleted(now: Snapshot) -> None:
    for file in now.files.values():
        if file.key not in now.world.gone:
            assert file.status == Status.SYNCED, f"{file.key} stays {file.status}"
    assert set(now.files) == {file.key for file in now.owned}, "a row without an owner stays"


def the_remote_holds_exactly_what_was_acknowledged(now: Snapshot) -> None:
    """But for what is others', and for what came too late for every purge while the database had
    another id: it may be what a dump has lost."""
    world, me = now.world, str(installation().database)
    late = {key for key in world.remote.strays if not world.remote.marked_by(me, key)}
    others = world.strangers.keys() | world.lost | world.gone | (late - now.files.keys())
    truth = {key: world.truth[key] for key in now.files if key not in others}
    assert {key: data for key, data in world.remote.stored.items() if key not in others} == truth


def the_disk_holds_nothing_unneeded(now: Snapshot) -> None:
    assert now.world.local_keys() == set(), "local copies stay"
    assert list(now.world.root.glob("incoming/*")) == []


QUIET = (
    everything_is_synced_or_deleted,
    the_remote_holds_exactly_what_was_acknowledged,
    the_disk_holds_nothing_unneeded,
)
