"""A person says: try it now."""

from collections.abc import Iterable

from media_staging import remotes
from media_staging.models import StagedFile
from media_staging.states import health, places, transitions
from media_staging.tasks import wake


def retry(pks: Iterable[int]) -> int:
    """Try failed and waiting transfers now, even while a breaker is open; how many changed."""
    changed = transitions.retry(list(pks))
    if changed:
        for remote in remotes.in_use():
            health.probe_now(remote.name)
        wake()
    return changed


def retry_failed() -> int:
    """Those that failed, and those that wait for a place which the settings do not have."""
    failed = StagedFile.objects.filter(status=StagedFile.Status.FAILED)
    waiting = places.stranded()
    return retry([*failed.values_list("pk", flat=True), *waiting.values_list("pk", flat=True)])
