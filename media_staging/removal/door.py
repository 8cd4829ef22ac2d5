"""What is taken away from a remote, and what has to hold before it is."""

import logging

from media_staging.errors import TransferError
from media_staging.models import StagedFile
from media_staging.remotes import Remote, RemoteData

logger = logging.getLogger(__name__)


def take_back(remote: Remote, file: StagedFile, data: RemoteData) -> None:
    """Take back an upload that arrived after its file was deleted.

    A row that another worker took over needs the object: the key is the same.
    """
    alive = StagedFile.objects.exclude(status=StagedFile.Status.PURGING)
    if alive.filter(pk=file.pk).exists():
        return
    try:
        remote.delete(file.key, data)
    except TransferError as error:
        logger.info("%s is left to the purge: %s", file.key, error)
