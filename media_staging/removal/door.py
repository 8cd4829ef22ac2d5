"""The one door to deletion: nobody else deletes an object, or the local copy of a file.

Behind it lie the row, its references, the mark of the object, the mark of the prefix and the marks
of the staging area. What does not pass is left where it is, with a reason that a person can act on.
"""

import logging
from pathlib import Path

from django.db.models import Q

from media_staging import remotes
from media_staging.area import staging
from media_staging.errors import Outage, TransferError
from media_staging.models import Leftover, StagedFile
from media_staging.remotes import Remote, RemoteData
from media_staging.removal.judging import is_rows_own
from media_staging.removal.marks import Marks, Standing
from media_staging.states import endings

logger = logging.getLogger(__name__)

Reason = Leftover.Reason


class Left(Exception):
    """Something was not deleted."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def refused(standing: Standing) -> Left:
    return Left(standing.reason or Reason.OTHER_MARK, standing.detail)


# --- Files that are being deleted --------------------------------------------------------------


def purge_object(marks: Marks, file: StagedFile) -> None:
    """Delete what a remote has of a purging file. Raises Left, Outage or Setup.

    A file that was never claimed is on no remote, and needs none to be deleted.
    """
    if not (file.remote or file.settle_at):
        return
    remote = remotes.at(file.place, file.remote)
    if remote is None:
        raise Left(Reason.ELSEWHERE, file.remote or file.place)
    standing = marks.place(remote)
    if not standing.may_purge:
        raise refused(standing)
    # The flip has seen our own object there; otherwise it has to say itself whose it is.
    flipped_here = bool(file.place and file.synced_at)
    if standing.by_object or not flipped_here:
        own = is_own_object(remote, file, standing)
        if own is None:
            return
        if not own:
            raise refused(standing) if standing.by_object else Left(Reason.OTHER_MARK)
    remote.delete(file.key, file.remote_data)


def is_own_object(remote: Remote, file: StagedFile, standing: Standing) -> bool | None:
    """Whether the object under the key of this row is the row's; None when there is none."""
    mark = remote.mark_of(file.key)
    if mark is None:
        return None
    own = is_rows_own(mark, file, strictly=standing.by_object)
    return remote.find(file.identity) is not None if own is None else own


def purge_local(marks: Marks, file: StagedFile) -> None:
    """Delete the local copy of a purging file. Raises Left."""
    if not marks.area.may_purge:
        raise refused(marks.area)
    unlink(staging.path(file.key))


def take_back(remote: Remote, file: StagedFile, data: RemoteData) -> None:
    """Delete an object that was stored a moment ago for a file that was deleted meanwhile.

    A row that another worker took over needs the object: the key is the same. A row that is gone
    may be lost. What fails is left to the purge.
    """
    purging = StagedFile.objects.filter(pk=file.pk, status=StagedFile.Status.PURGING)
    if not (purging.exists() or endings.ended([file.key])):
        return
    try:
        remote.delete(file.key, data)
    except TransferError as error:
        logger.info("%s is left to the purge: %s", file.key, error)


# --- Local copies --------------------------------------------------------------------------------


def remove_evicted(file: StagedFile) -> None:
    """Delete a local copy that its row has given up, after that was committed. Raises Left."""
    given_up = StagedFile.objects.filter(
        pk=file.pk, status=StagedFile.Status.SYNCED, due_at__isnull=True
    )
    if given_up.exists():
        unlink(staging.path(file.key))


def remove_unregistered(key: str) -> None:
    """Delete the bytes of a file that never got its row. What fails is left to the sweep."""
    if StagedFile.objects.filter(key=key).exists():
        return
    try:
        staging.path(key).unlink(missing_ok=True)
    except OSError as error:
        logger.info("%s is left to the sweep: %s", key, error)


def unlink(path: Path) -> None:
    """Raises Left for what cannot be unlinked: a folder, another user's file."""
    refuse_folder(path)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise Left(Reason.CANNOT_DELETE, str(error)) from error


def refuse_folder(path: Path) -> None:
    """Raises Left for a folder where a file should be: what is in it, nobody here put there."""
    if path.is_dir() and not path.is_symlink():
        raise Left(Reason.IS_FOLDER, str(path))


# --- What no row names ---------------------------------------------------------------------------


def sweep_path(marks: Marks, path: Path) -> None:
    """Delete a file of the staging area that the sweep found to be nobody's. Raises Left."""
    if not marks.area.may_sweep:
        raise refused(marks.area)
    if path.is_relative_to(staging.files()):
        key = str(path.relative_to(staging.files()))
        given_up = Q(status=StagedFile.Status.SYNCED, due_at__isnull=True)
        if StagedFile.objects.filter(key=key).exclude(given_up).exists():
            return
    unlink(path)


def sweep_object(marks: Marks, remote: Remote, key: str) -> None:
    """Delete an object that the sweep judged to be ours. Raises Left, Outage or Setup.

    Left also for one that the remote does not let be deleted: the others may be.
    """
    standing = marks.place(remote)
    if not standing.may_sweep:
        raise refused(standing)
    if StagedFile.objects.filter(key=key).exists():
        return
    try:
        remote.delete(key, {})
    except Outage:
        raise
    except TransferError as error:
        raise Left(Reason.CANNOT_DELETE, str(error)) from error
