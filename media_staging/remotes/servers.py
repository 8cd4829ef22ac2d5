"""Which server an address names: however it is spelt, one server has one name."""

import re
from urllib.parse import SplitResult, urlsplit

USUAL_PORTS = {"http": ":80", "https": ":443"}


# A server on loopback has whatever port was free when it started.
LOOPBACK = re.compile(r"(?:localhost|127(?:\.\d+){3}|\[::1\])(?::(?P<port>\d+))?")


def server_of(url: str) -> str:
    """Host, port unless it goes without saying, and path of a URL; in lower case but for the path.

    The scheme is none of it: a server that is asked over http and https holds the same objects.
    """
    parts, host = split(url)
    if LOOPBACK.fullmatch(host):
        host = "loopback"
    return host.removesuffix(USUAL_PORTS.get(parts.scheme, "")) + parts.path.rstrip("/")


def loopback_port(url: str) -> str | None:
    """The port that `server_of` leaves out; None for a server that is told by its name."""
    parts, host = split(url)
    found = LOOPBACK.fullmatch(host)
    usual = USUAL_PORTS.get(parts.scheme, ":").removeprefix(":")
    return (found["port"] or usual) if found else None


def split(url: str) -> tuple[SplitResult, str]:
    parts = urlsplit(url if "//" in url else f"//{url}")
    return parts, parts.netloc.rpartition("@")[2].lower()


def origin_of(url: str) -> str:
    """The beginning of a URL ("https://host") as a content security policy has it: whoever is
    named before the host stays out of it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
