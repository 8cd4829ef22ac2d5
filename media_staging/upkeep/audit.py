"""Compares what the rows say with what is on the local disk and on the remote.

Changes nothing, unless it is asked to repair: then the side that is whole, byte for byte, stands in
for the other one.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from media_staging import remotes
from media_staging.area import staging
from media_staging.conf import conf
from media_staging.errors import Damaged, Unreadable
from media_staging.models import StagedFile
from media_staging.states import transitions
from media_staging.upkeep import cleanup

Status = StagedFile.Status


@dataclass
class Findings:
    """Lists of keys. Every one of `missing` and `corrupt` is referred to by a row.

    `checked` does not count thumbnails, although they are looked at.
    What was repaired is in `repaired` only; None: nobody asked for it.
    """

    checked: int = 0
    missing: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    repaired: list[str] | None = None

    @property
    def is_clean(self) -> bool:
        return not (self.missing or self.corrupt or self.orphans)

    def as_json(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if value is not None}


def verify(
    *,
    checksums: bool = False,
    repair: bool = False,
    observe: Callable[[int], None] = lambda checked: None,
) -> Findings:
    """Look at every file; with `checksums` or `repair`, read every byte on both sides.

    Raises Outage or Setup when the remote cannot be asked, StagingUnavailable when the disk
    cannot: what was not looked at must not count as clean.
    """
    staging.check_area()
    findings = Findings(repaired=[] if repair else None)
    for file in StagedFile.objects.exclude(status=Status.PURGING).order_by("pk").iterator():
        findings.checked += not file.is_thumbnail
        look_at(file, checksums or repair, findings)
        observe(findings.checked)
    findings.orphans = list(orphans())
    return findings


def look_at(file: StagedFile, checksums: bool, findings: Findings) -> None:
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
    if remote is None and transitions.evict(file):
        staging.remove(file.key)
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
    if file.status != Status.SYNCED:
        return None
    remote = remotes.get(file.remote)
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


def orphans() -> Iterator[str]:
    """What the next sweep would take: past the grace time and referred to by nothing."""
    for path in (*cleanup.abandoned(), *cleanup.unreferenced()):
        yield str(path.relative_to(staging.root()))
    for name in sorted({*conf().REMOTES, conf().REMOTE}):
        yield from cleanup.orphans(remotes.get(name))
