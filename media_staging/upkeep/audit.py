"""Compares what the rows say with what is on the local disk and on the remote.

Changes nothing, unless it is asked to repair: then the side that is whole, byte for byte, stands in
for the other one.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from media_staging import remotes
from media_staging.area import staging
from media_staging.errors import Damaged, TransferError, Unreadable
from media_staging.models import StagedFile
from media_staging.removal import door
from media_staging.removal.leftovers import Leftovers
from media_staging.removal.marks import Marks
from media_staging.states import transitions
from media_staging.states.dangling import dangling
from media_staging.upkeep import sweeping

Status = StagedFile.Status
BATCH = 500


@dataclass
class Findings:
    """Lists of keys. Every one of `missing` and `corrupt` is referred to by a row.

    `checked` does not count thumbnails, although they are looked at. `dangling` are owners whose
    file has no row. `refused` are orphans that are in doubt ("key" and "reason"); `elsewhere` are
    files in a place that the settings do not have; `unasked` says which remotes could not be
    compared, and why.
    What was repaired is in `repaired` only; None: nobody asked for it.
    """

    checked: int = 0
    missing: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    dangling: list[str] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    foreign: int = 0
    elsewhere: list[str] = field(default_factory=list)
    unasked: dict[str, str] = field(default_factory=dict)
    repaired: list[str] | None = None

    @property
    def is_clean(self) -> bool:
        differences = self.missing or self.corrupt or self.orphans or self.refused
        return not (differences or self.dangling or self.elsewhere or self.unasked)

    def as_json(self) -> dict[str, object]:
        always = {"checked", "missing", "corrupt", "orphans"}
        return {
            name: value
            for name, value in vars(self).items()
            if name in always or value or (name == "repaired" and value is not None)
        }


def verify(
    *,
    checksums: bool = False,
    repair: bool = False,
    observe: Callable[[int], None] = lambda checked: None,
) -> Findings:
    """Look at every file; with `checksums` or `repair`, read every byte on both sides.

    Raises StagingUnavailable when the disk cannot be asked. A remote that cannot is named: what
    was not looked at must not count as clean.
    """
    staging.check_area()
    findings = Findings(repaired=[] if repair else None)
    for file in files():
        findings.checked += not file.is_thumbnail
        look_at(file, checksums or repair, findings)
        observe(findings.checked)
    findings.dangling += dangling()
    look_for_orphans(findings)
    return findings


def files() -> Iterator[StagedFile]:
    """All but those that are being deleted, page by page: no cursor has to last that long."""
    last = 0
    rows = StagedFile.objects.exclude(status=Status.PURGING).order_by("pk")
    while page := list(rows.filter(pk__gt=last)[:BATCH]):
        yield from page
        last = page[-1].pk


def look_at(file: StagedFile, checksums: bool, findings: Findings) -> None:
    remote = remotes.at(file.place, file.remote)
    if remote is None:
        findings.elsewhere.append(file.key)
    if remote is None or remote.name in findings.unasked:
        look_at_local_copy(file, checksums, findings)
        return
    try:
        compare(file, checksums, findings)
    except TransferError as error:
        findings.unasked[remote.name] = str(error)
        look_at_local_copy(file, checksums, findings)


def look_at_local_copy(file: StagedFile, checksums: bool, findings: Findings) -> None:
    if problem := local_problem(file, checksums):
        getattr(findings, problem).append(file.key)


def compare(file: StagedFile, checksums: bool, findings: Findings) -> None:
    """Both sides of a file. Raises Outage or Setup."""
    if not any(problems(file, checksums)):
        return
    # It may have been moved, evicted or deleted since its row was read.
    now = StagedFile.objects.filter(pk=file.pk).exclude(status=Status.PURGING).first()
    local, remote = problems(now, checksums) if now else (None, None)
    problem = local or remote
    if now is None or problem is None:
        return
    if findings.repaired is not None and mend(now, local, remote):
        findings.repaired.append(file.key)
    else:
        getattr(findings, problem).append(file.key)


def problems(file: StagedFile, checksums: bool) -> tuple[str | None, str | None]:
    """What is wrong with the local copy, and with the remote object."""
    return local_problem(file, checksums), remote_problem(file, checksums)


def mend(file: StagedFile, local: str | None, remote: str | None) -> bool:
    """Send a whole local copy again, or give up a damaged one that the remote has whole.

    False when no side is whole, or the file was changed meanwhile: then a person is needed.
    """
    if local is None:
        return transitions.resend(file)
    holder = remotes.at(file.place, file.remote)
    if remote is None and holder and transitions.evict(file, holder.place):
        door.remove_evicted(file)
        return True
    return False


def local_problem(file: StagedFile, checksums: bool) -> str | None:
    """The word "missing", "corrupt" or None for the local copy, where there has to be one."""
    if file.status == Status.SYNCED and file.due_at is None:
        return None
    try:
        with staging.open_local(file.key) as stored:
            if stored.seek(0, 2) != file.size:
                return "corrupt"
        if checksums:
            with staging.open_verified(file):
                pass
    except FileNotFoundError:
        return "missing"
    except (OSError, Damaged, Unreadable):
        return "corrupt"
    return None


def remote_problem(file: StagedFile, checksums: bool) -> str | None:
    """The same for the remote object of a synced file."""
    remote = remotes.at(file.place, file.remote)
    if file.status != Status.SYNCED or remote is None:
        return None
    try:
        if checksums:
            return None if remote_hash(remote, file.key) == file.sha256 else "corrupt"
        if remote.find(file.identity) is not None:
            return None
        next(remote.read(file.key))
    except FileNotFoundError:
        return "missing"
    return "corrupt"


def remote_hash(remote: remotes.Remote, key: str) -> str:
    digest = hashlib.sha256()
    for chunk in remote.read(key):
        digest.update(chunk)
    return digest.hexdigest()


def look_for_orphans(findings: Findings) -> None:
    """What the next sweep would take, and what it would refuse to."""
    marks = Marks(sweeping=True, dry_run=True)
    paths, foreign, left = sweeping.sweep_disk(marks, dry_run=True)
    findings.orphans += paths
    findings.foreign += foreign
    refuse(findings, left)
    for remote in remotes.in_use():
        if remote.name in findings.unasked:
            continue
        try:
            keys, foreign, left = sweeping.sweep_objects(marks, remote, dry_run=True)
        except TransferError as error:
            findings.unasked[remote.name] = str(error)
            continue
        findings.orphans += keys
        findings.foreign += foreign
        refuse(findings, left)


def refuse(findings: Findings, left: Leftovers) -> None:
    findings.refused += [{"key": each.key, "reason": each.sentence} for each in left.found]
