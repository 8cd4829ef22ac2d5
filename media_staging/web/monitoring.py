"""For machines: is the process alive, can it work, and how is it doing."""

import math
import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from huey.contrib.djhuey import HUEY
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from media_staging import remotes
from media_staging.area import staging
from media_staging.broker import BROKER_ERRORS, ask
from media_staging.conf import conf
from media_staging.errors import StagingUnavailable
from media_staging.models import Leftover
from media_staging.removal import leftovers
from media_staging.web import dashboard

LOOPBACK = {"127.0.0.1", "::1"}


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """The remote is not asked: without it the site still takes photos."""
    problems = {
        name: problem
        for name, look in (("database", database), ("broker", broker), ("staging", area))
        if (problem := look())
    }
    return JsonResponse(
        {"ready": not problems, "problems": problems, "notes": notes()},
        status=503 if problems else 200,
    )


def notes() -> list[str]:
    """What needs a person but takes no host out of the balancer."""
    try:
        return [note for look in NOTES for note in look()]
    except DatabaseError:
        # It is named among the problems.
        return []


def files_elsewhere() -> list[str]:
    return [each.in_english for each in dashboard.elsewhere()]


def left_by_the_cleanup() -> list[str]:
    return [each.in_english for each in leftovers.causes()]


def without_addresses() -> list[str]:
    return [told for remote in remotes.in_use() if (told := remotes.trouble(remote))]


NOTES: list[Callable[[], list[str]]] = [files_elsewhere, left_by_the_cleanup, without_addresses]


def database() -> str | None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"the database does not answer: {error}"
    return None


def broker() -> str | None:
    try:
        ask(HUEY.storage.queue_size)
    except BROKER_ERRORS as error:
        return f"the broker does not answer: {error}"
    return None


def area() -> str | None:
    try:
        staging.check_area()
        free = staging.free_bytes()
    except StagingUnavailable as error:
        return error.reason
    except DatabaseError as error:
        return f"the staging area cannot be compared with the database: {error}"
    except OSError as error:
        return f"the staging area does not answer: {error}"
    if not os.access(staging.root(), os.W_OK, effective_ids=True):
        return f"{staging.root()} cannot be written: it is mounted read-only, or another user's"
    if free < conf().MIN_FREE_BYTES:
        return f"only {free} bytes are free on the staging disk"
    return None


# --- Metrics ---------------------------------------------------------------------------------


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for loopback or the bearer of METRICS_TOKEN."""
    if not may_scrape(request):
        return HttpResponseForbidden("Send Authorization: Bearer METRICS_TOKEN.\n")
    registry = CollectorRegistry()
    registry.register(StagingCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def may_scrape(request: HttpRequest) -> bool:
    """A request that came through a proxy is not from loopback, whoever the proxy is."""
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    if request.META.get("REMOTE_ADDR") in LOOPBACK and not forwarded:
        return True
    token = conf().METRICS_TOKEN
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(token) and secrets.compare_digest(sent.encode(), token.encode())


class StagingCollector:
    """Reads the figures at the moment of the scrape; every process reports the same."""

    def collect(self) -> Iterator[Any]:
        files, thumbnails = dashboard.waiting_counts(), dashboard.thumbnail_counts()
        for name, states, unit, text in (
            (
                "media_staging_files",
                files,
                "count",
                "Files by state, but for those that are synced.",
            ),
            ("media_staging_bytes", files, "bytes", "Their bytes by state."),
            (
                "media_staging_thumbnails",
                thumbnails,
                "count",
                "Their thumbnails by state, likewise.",
            ),
        ):
            family = GaugeMetricFamily(name, text, labels=["state"])
            for state, count in states.items():
                family.add_metric([state], count[unit])  # type: ignore[literal-required]
            yield family
        oldest = dashboard.oldest_waiting()
        yield gauge(
            "media_staging_oldest_waiting_seconds",
            "Age of the file that has been waiting longest for its transfer; 0 when none waits.",
            lambda: oldest.total_seconds() if oldest else 0,
        )
        yield gauge(
            "media_staging_free_bytes",
            "Free bytes on the staging disk; NaN when it does not answer.",
            lambda: math.nan if (free := dashboard.free_bytes()) is None else free,
        )
        yield gauge(
            "media_staging_elsewhere_files",
            "Files in places that the settings do not have any more.",
            lambda: sum(each.files for each in dashboard.elsewhere()),
        )
        yield left_over()
        yield remotes_available()


def left_over() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "media_staging_leftover_files",
        "Files that the last cleanup could not, or must not, delete, by reason.",
        labels=["reason"],
    )
    counts: Counter[str] = Counter()
    for each in leftovers.causes():
        counts[each.reason] += each.files
    for reason in Leftover.Reason:
        family.add_metric([reason], counts[reason])
    return family


def remotes_available() -> GaugeMetricFamily:
    """One line for all, as long as there has been one, and one for each."""
    family = GaugeMetricFamily(
        "media_staging_remote_available",
        "1 while the breaker of the remote is closed; without a label: of every remote in use.",
        labels=["remote"],
    )
    available = dashboard.availability()
    family.add_sample(family.name, {}, float(all(available.values())))
    for name, is_up in available.items():
        family.add_metric([name], float(is_up))
    return family


def gauge(name: str, text: str, value: Callable[[], float]) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value())
