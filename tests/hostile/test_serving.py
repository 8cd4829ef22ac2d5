"""What comes out under /media/: our bytes under our types, and nothing beside the staging area."""

import socket
from pathlib import Path

import pytest

from dev.ports import LOOPBACK
from tests.hostile.conftest import Shop
from tests.hostile.http import photo

DATA = photo()
SIZE = len(DATA)


@pytest.fixture
def url(shop: Shop) -> str:
    return str(shop.upload(DATA).json["images"][0]["url"])


def local(shop: Shop, url: str) -> Path:
    return shop.var_dir / "staging" / "files" / url.removeprefix("/media/")


def test_a_file_is_isolated(shop: Shop, url: str) -> None:
    served = shop.stranger.get(url)
    assert (served.status, served.body) == (200, DATA)
    assert served.headers["Content-Type"] == "image/jpeg"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers.get_all("Content-Security-Policy") == ["default-src 'none'; sandbox"]
    assert "Set-Cookie" not in served.headers


RANGES = {
    "bytes=0-0": (206, DATA[:1], f"bytes 0-0/{SIZE}"),
    "bytes=10-19": (206, DATA[10:20], f"bytes 10-19/{SIZE}"),
    "bytes=10-": (206, DATA[10:], f"bytes 10-{SIZE - 1}/{SIZE}"),
    "bytes=-5": (206, DATA[-5:], f"bytes {SIZE - 5}-{SIZE - 1}/{SIZE}"),
    f"bytes={SIZE - 1}-{SIZE + 99}": (206, DATA[-1:], f"bytes {SIZE - 1}-{SIZE - 1}/{SIZE}"),
    f"bytes=-{SIZE + 99}": (200, DATA, None),
    "bytes=0-1,5-6": (200, DATA, None),
    "bytes=" + ",".join(["0-"] * 1000): (200, DATA, None),
    "bytes=5-1": (200, DATA, None),
    "bytes=--5": (200, DATA, None),
    "bytes=": (200, DATA, None),
    "lines=1-2": (200, DATA, None),
    f"bytes={SIZE}-": (416, b"", f"bytes */{SIZE}"),
    "bytes=999999999-": (416, b"", f"bytes */{SIZE}"),
    "bytes=-0": (416, b"", f"bytes */{SIZE}"),
}


@pytest.mark.parametrize("asked", RANGES)
def test_a_range_is_that_range_whole_or_refused(shop: Shop, url: str, asked: str) -> None:
    status, body, told = RANGES[asked]
    served = shop.stranger.get(url, Range=asked)
    assert (served.status, served.body) == (status, body)
    assert served.headers["Content-Range"] == told
    assert served.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert served.headers["X-Content-Type-Options"] == "nosniff"


def test_a_symbolic_link_in_the_area_is_not_followed(shop: Shop, url: str) -> None:
    secret = shop.var_dir / "secret"
    secret.write_text("secret")
    local(shop, url).unlink()
    local(shop, url).symlink_to(secret)
    assert shop.stranger.get(url).status == 404


OUTSIDE = [
    "/media/../db.sqlite3",
    "/media/../../../../etc/passwd",
    "/media/..%2f..%2fdb.sqlite3",
    "/media/%2e%2e/%2e%2e/db.sqlite3",
    "/media/products/..%2f..%2f.mark",
    "/media/.mark",
    "/media//etc/passwd",
    "/media/%2fetc%2fpasswd",
    "/media/..\\..\\db.sqlite3",
    "/media/products/a%00.jpg",
    "/media/products/%ff%fe.jpg",
    "/media/" + "a/" * 2000,
    "/media/products/",
    "/media/",
    "/remote-media/../db.sqlite3",
    "/remote-media/%2e%2e/db.sqlite3",
    "/remote-media/a%00b",
    "/static/../db.sqlite3",
    "/static/%2e%2e/db.sqlite3",
    "/static/..%2fdb.sqlite3",
]


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_the_area_comes_out(shop: Shop, path: str) -> None:
    """As raw bytes: a client library would tidy the path up."""
    with socket.create_connection((LOOPBACK, shop.port), timeout=20) as connection:
        head = f"GET {path} HTTP/1.0\r\nHost: {LOOPBACK}\r\nX-Forwarded-Proto: https\r\n\r\n"
        connection.sendall(head.encode())
        with connection.makefile("rb") as answer:
            assert int(answer.readline().split()[1]) in {400, 404}
            assert b"root:" not in answer.read()
