"""What the login throttle (django-axes) asks the project: who tries, from where, what to answer."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Any

from axes.backends import AxesStandaloneBackend
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

Credentials = dict[str, Any] | None

# What the table of attempts has room for.
NAME_LENGTH = 255
# The smallest IPv6 network that one customer gets: its addresses are all the same person's.
IPV6_PREFIX = 64


class Throttle(AxesStandaloneBackend):
    """Refuses who has to wait. Without a request nobody signs in from outside: a shell, a test."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        if request is not None:
            super().authenticate(request, **credentials)


def username(request: HttpRequest, credentials: Credentials) -> str:
    return str((credentials or {}).get("username") or "")[:NAME_LENGTH]


def client_address(request: HttpRequest) -> str | None:
    """The address that the outermost of our own proxies was called from; None if there is none.

    Each of the TRUSTED_PROXIES appends to X-Forwarded-For the address it was called from, so the
    client's own stands that many places from the end; what it wrote itself stands before that.
    """
    callers = [text for text in request.headers.get("X-Forwarded-For", "").split(",") if text]
    proxies = settings.TRUSTED_PROXIES
    trusted = 0 < proxies <= len(callers)
    text = callers[-proxies] if trusted else request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or ip_network((address, IPV6_PREFIX), strict=False)[0]
    return str(address)


def ask_to_wait(
    request: HttpRequest, response: HttpResponse | None, credentials: Credentials
) -> HttpResponse:
    """429 in place of the login page, of the admin too: a page that says for how long."""
    left = time_left(username(request, credentials), client_address(request))
    context = {"minutes": ceil(left / timedelta(minutes=1))}
    page = render(request, "registration/locked.html", context, status=429)
    page.headers["Retry-After"] = str(ceil(left.total_seconds()))
    return page


def time_left(name: str, address: str | None) -> timedelta:
    """Until the last counted attempt is forgotten; attempts made while waiting do not count."""
    attempts = AccessAttempt.objects.filter(username=name, ip_address=address)
    now = timezone.now()
    last = attempts.aggregate(last=Max("attempt_time"))["last"] or now
    return max(timedelta(seconds=1), last + settings.AXES_COOLOFF_TIME - now)
