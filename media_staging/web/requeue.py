"""A person says: try it now."""

from collections.abc import Iterable

from media_staging.conf import conf
from media_staging.models import StagedFile
from media_staging.states import health, transitions
from media_staging.tasks import wake


def retry(pks: Iterable[int]) -> int:
    """Try failed and waiting transfers now, even while the breaker is open; how many changed."""
    changed = transitions.retry(list(pks))
    if changed:
        health.probe_now(conf().REMOTE)
        wake()
    return changed


def retry_failed() -> int:
    failed = StagedFile.objects.filter(status=StagedFile.Status.FAILED)
    return retry(failed.values_list("pk", flat=True))
