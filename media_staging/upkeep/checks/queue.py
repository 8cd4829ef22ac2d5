"""Huey's tasks belong to a consumer, not to the request that wakes it."""

from typing import Any

from django.core import checks
from huey.contrib.djhuey import HUEY


@checks.register("media_staging")
def check_queue(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    if not HUEY.immediate:
        return []
    return [
        checks.Warning(
            "HUEY is in immediate mode, its default where DEBUG is on: it would do the work of its "
            "consumer in the request. Uploads are staged and served from here, and nothing moves "
            "them.",
            hint='Say "immediate": False in HUEY, and start `manage.py run_huey`; or move what '
            "waits with `manage.py staging_drain`.",
            id="media_staging.W004",
        )
    ]
