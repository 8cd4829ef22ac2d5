"""What can go wrong, in two families: a file that is not taken, and a remote that fails.

Every error carries a machine word (`code`) and a sentence for a person (`message`).
"""

from datetime import timedelta
from http import HTTPStatus

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Message = str | Promise


class MediaStagingError(Exception):
    """Root of all errors of this app."""

    code = "error"
    http_status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, message: Message, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code

    def __str__(self) -> str:
        return str(self.message)


# --- Intake ----------------------------------------------------------------------------------


class UploadRefused(MediaStagingError):
    """This one file is not taken; nothing of it was kept. `name` is the client's name for it."""

    http_status = HTTPStatus.BAD_REQUEST

    def __init__(self, message: Message, *, code: str, name: str) -> None:
        super().__init__(message, code=code)
        self.name = name


class UploadTooLarge(UploadRefused):
    http_status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def __init__(self, name: str, most_bytes: int) -> None:
        sentence = _("The file is larger than the %(most)s MB allowed.")
        most = f"{most_bytes / 1024**2:g}"
        super().__init__(sentence % {"most": most}, code="too_large", name=name)


class RequestUnreadable(MediaStagingError):
    """The request as a whole is not taken; nothing of it was kept."""

    code = "bad_request"
    http_status = HTTPStatus.BAD_REQUEST

    def __init__(self, message: Message = "", *, code: str | None = None) -> None:
        super().__init__(message or _("The request could not be read."), code=code)


class RequestTooLarge(RequestUnreadable):
    code = "too_large"
    http_status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE

    def __init__(self) -> None:
        super().__init__(_("The request is too large."))


class TooManyFiles(RequestUnreadable):
    code = "too_many_files"

    def __init__(self, most: int) -> None:
        super().__init__(_("Upload at most %(most)s files at once.") % {"most": most})


class StagingUnavailable(MediaStagingError):
    """The staging area cannot take anything now: not mounted, the wrong disk, or it errs."""

    code = "staging_unavailable"
    http_status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, reason: str) -> None:
        super().__init__(
            _("The disk for uploads is not available. Nothing was stored; try again later.")
        )
        # For the log: what is wrong and what to do about it.
        self.reason = reason


class StagingFull(MediaStagingError):
    code = "staging_full"
    http_status = HTTPStatus.INSUFFICIENT_STORAGE

    def __init__(self) -> None:
        super().__init__(_("The server has no room for more files. Nothing was stored."))


class FileGone(MediaStagingError):
    """The file is being deleted, or is deleted already, and cannot be used any more."""

    code = "file_gone"
    http_status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__(_("This file was deleted. Upload it again."))


# --- Transfer: the kinds of failure ------------------------------------------------------------


class TransferError(MediaStagingError):
    """A transfer did not succeed. The local copy stays, whatever the kind.

    `code` is one of `SENTENCES`; `message` is the remote's or the system's own words.
    """

    # What to do about one that lasts.
    advice = "check the network and the remote's status page"

    def __init__(self, message: Message = "") -> None:
        # The words go into the rows, and PostgreSQL stores no NUL; and into sentences of ours.
        super().__init__(str(message).replace("\0", "").rstrip(". "))


class Outage(TransferError):
    """Network, 5xx: every file has it. `retry_after` is what the remote asked for."""

    code = "remote_unavailable"

    def __init__(self, message: Message = "", *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(Outage):
    """The remote takes less than it is sent: never about a file, whichever meets it."""

    code = "remote_busy"
    advice = "lower TRANSFER_CONCURRENCY, or look at the remote's status page"


class Setup(TransferError):
    """Wrong key, no bucket, no permission: every file has it until a person repairs it."""

    code = "remote_setup"


class Unclear(TransferError):
    """An answer that nobody knows: the file's own fault only if others pass meanwhile."""

    code = "remote_unclear"


class Hidden(TransferError):
    """The remote does not say whether it has the file, for want of a permission.

    Never taken for an answer by what deletes; an upload finds out.
    """

    code = Setup.code


class Damaged(TransferError):
    """The local bytes are missing or differ from their hash: never upload, never delete."""

    code = "damaged"


class Unreadable(TransferError):
    """The local bytes cannot be read now, for a reason that may pass."""

    code = "unreadable"


class Refused(TransferError):
    """The remote does not want this one file."""

    code = "remote_refused"


class UnexpectedError(TransferError):
    """A defect of this program struck this file; the log has the traceback."""

    code = "unexpected"


class Cancelled(TransferError):
    """The transfer was called off: the file was deleted or taken over, or the consumer stops."""

    code = "cancelled"


# --- Thumbnails ------------------------------------------------------------------------------


class RenderingFailed(MediaStagingError):
    """No thumbnail came of a picture. `code` is one of `SENTENCES`, `message` the decoder's words.

    Damaged pixels stay damaged; whatever else it was may be better next time.
    """

    code = "no_thumbnail"

    @property
    def is_final(self) -> bool:
        return self.code == "damaged_pixels"


class RendererUnavailable(MediaStagingError):
    """The process that makes thumbnails does not start: every picture has that."""

    code = "renderer_unavailable"

    def __init__(self) -> None:
        super().__init__("the process that makes thumbnails does not start")


SENTENCES: dict[str, Promise] = {
    Outage.code: _("The storage cannot be reached. It is tried again by itself."),
    Busy.code: _("The storage is sent too much at once. It is tried again by itself."),
    Setup.code: _("The storage turns us away. An administrator has to check its settings."),
    Unclear.code: _("The storage gave an answer that nobody knows. It is tried again by itself."),
    Damaged.code: _("The local copy is missing or was changed. Upload the picture again."),
    Unreadable.code: _("The local copy cannot be read. It is tried again by itself."),
    Refused.code: _("The storage does not accept this file."),
    UnexpectedError.code: _("Something went wrong on the server."),
    "damaged_pixels": _("The picture is damaged inside. Upload it again."),
    "too_demanding": _("The picture is too large to be made small, so it is shown as it is."),
    RenderingFailed.code: _("No small picture could be made, so the original is shown."),
}


def sentence(code: str, detail: str) -> str:
    """What a person reads for a stored error: our sentence, then the remote's own words."""
    known = str(SENTENCES.get(code, ""))
    return f"{known} ({detail})" if known and detail else known or detail


LEFTOVER_SENTENCES: dict[str, Promise] = {
    "set_back": _(
        "The database is older than what it left here: it was restored from a dump, as a whole or "
        "in part, has lost rows, or is a copy of another one. Nothing is deleted. If this database "
        "is the one that counts, run `manage.py staging_accept %(detail)s`."
    ),
    "copied": _(
        "The staging area is a copy, or was put back from a backup, and the original may still use "
        "the same storage; or this database is a copy, or was moved, and another one has cleaned "
        "up there. Nothing is deleted. If this database is the one that counts, run "
        "`manage.py staging_accept %(detail)s`, and then the same for each remote; otherwise give "
        "it a bucket or a prefix, and a staging area, of its own first."
    ),
    "mark_gone": _(
        "The mark that said whose the storage is is gone from it. Nothing is deleted there, and "
        "local copies stay. If it is a folder, see that it is mounted; if it is the right storage "
        "and belongs to this database, run `manage.py staging_accept %(detail)s`."
    ),
    "unreadable": _(
        "The mark in the storage, or what the staging area has noted, cannot be read: it is "
        "damaged, or a later version of this program wrote it. Nothing is deleted there. Update "
        "this program; or, if it belongs to this database, run "
        "`manage.py staging_accept %(detail)s`."
    ),
    "not_writable": _(
        "The mark of the storage cannot be written: %(detail)s. Nothing is deleted there. Let this "
        "program write .staging-mark there; it is tried again in each round."
    ),
    "other_database": _(
        "The storage belongs to another database. Give this one a bucket or a prefix of its own, "
        "or, if it takes over from the other one, run `manage.py staging_accept %(detail)s`."
    ),
    "former_id": _(
        "The mark in the storage has an id that this database had before: an older mark was put "
        "back, `staging_accept` was broken off, or another copy of this database uses the storage. "
        "If none does, run `manage.py staging_accept %(detail)s`; otherwise give this one a bucket "
        "or a prefix of its own."
    ),
    "not_accepted": _(
        "The storage held files before this database used it. If all files under its prefix belong "
        "to this database, run `manage.py staging_accept %(detail)s`."
    ),
    "no_marks": _(
        "The folder is on a file system without extended attributes, so nothing proves whose a "
        "file is. Move it to one that has them, or delete the file by hand."
    ),
    "other_mark": _(
        "The file in the storage is not the one that this database put there. Look at it, and "
        "delete it by hand if nobody needs it."
    ),
    "too_many": _(
        "A sweep would take more than 20 files and more than a tenth of all. If that is right, run "
        "`manage.py staging_accept %(detail)s`, which allows it once."
    ),
    "relation_gone": _(
        "%(detail)s referred to files and is not in the project any more, but its table is still "
        "in the database. No file is let go of for want of an owner. Put its app back into "
        "INSTALLED_APPS; or, if nothing there is needed any more, run `manage.py staging_accept "
        "--area`."
    ),
    "cannot_ask": _(
        "No file is let go of: %(detail)s. It cannot be asked which files it refers to. Remove the "
        "model, or create its table (`manage.py migrate`)."
    ),
    "elsewhere": _(
        "It is in a storage that the settings do not have any more (%(detail)s). Put its entry "
        "back into REMOTES."
    ),
    "is_folder": _(
        "A folder stands where a file should be, and nothing of ours made it: %(detail)s. Look at "
        "what is in it, and move it away; it is tried again in each round."
    ),
    "cannot_delete": _(
        "It cannot be deleted: %(detail)s. Run web and consumer as the same user, and let that "
        "user delete it; it is tried again in each round."
    ),
    "put_off": _("The cleanup is put off: %(detail)s. It goes on by itself once that is repaired."),
}


def leftover_sentence(reason: str, detail: str) -> str:
    """Why a cleanup left something, and what to do about it."""
    return str(LEFTOVER_SENTENCES[reason]) % {"detail": detail}
