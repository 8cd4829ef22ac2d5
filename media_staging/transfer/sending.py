"""One file on its way: what a thread of the pool does, and how it ends."""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from io import BytesIO
from uuid import UUID

from media_staging.area import staging
from media_staging.errors import (
    Cancelled,
    Damaged,
    Hidden,
    Setup,
    TransferError,
    UnexpectedError,
)
from media_staging.models import StagedFile
from media_staging.remotes import Body, Identity, Remote, RemoteData

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Transfer:
    """One file on its way. `body` appears when its bytes are open."""

    file: StagedFile
    identity: Identity
    token: UUID
    probe: bool
    body: Body | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)


def send(remote: Remote, transfer: Transfer) -> RemoteData:
    """One upload, in a thread of the pool: no database here. Raises TransferError."""
    if transfer.cancelled.is_set():
        raise Cancelled
    try:
        return send_local(remote, transfer)
    except Damaged:
        # A database that was set back may have forgotten that it is there, or that it was evicted.
        found = found_on(remote, transfer.identity)
        if found is None:
            raise
        return found


def send_local(remote: Remote, transfer: Transfer) -> RemoteData:
    file = transfer.file
    with staging.open_verified(file) as source:
        # An earlier upload may have arrived although its answer, or its worker, was lost.
        asks = file.settle_at and not remote.upload_finds_earlier
        found = found_on(remote, transfer.identity) if asks else None
        if found is not None:
            return found
        in_memory = isinstance(source, BytesIO)
        transfer.body = Body(source, file.size, transfer.cancelled, verified=in_memory)
        try:
            return remote.upload(transfer.identity, transfer.body)
        except Hidden as error:
            # It took the file and does not say that it has it: so with every file.
            raise Setup(str(error)) from error


def found_on(remote: Remote, identity: Identity) -> RemoteData | None:
    """What the remote says of an earlier upload; where it may not say, there was none."""
    try:
        return remote.find(identity)
    except Hidden:
        return None


def outcome(future: Future[RemoteData], file: StagedFile) -> TransferError | None:
    """How an upload failed, if it did. What nobody foresaw is this file's own failure."""
    error = future.exception()
    if error is None or isinstance(error, TransferError):
        return error
    logger.error(
        "The upload of %s failed in a way that is a defect of this program; please report it.",
        file.key,
        exc_info=error,
    )
    return UnexpectedError(f"{type(error).__name__}: {error}")


def percent(body: Body) -> int:
    """0 to 100 of the bytes sent; 99 at the most before the remote has confirmed."""
    return min(99, 100 * body.sent // max(1, body.size))


def by_token(transfers: Iterable[Transfer]) -> dict[UUID, list[Transfer]]:
    """What was claimed together changes its state together."""
    tokens: dict[UUID, list[Transfer]] = defaultdict(list)
    for transfer in transfers:
        tokens[transfer.token].append(transfer)
    return tokens
