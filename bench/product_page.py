"""The page of a large product: its HTML, the poll that finds nothing new, and its scripts."""

import gzip
import json
import re
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urljoin

from bench.site import Client, Form, Web, content_of, production
from bench.table import Row, ms, p50

PHOTOS, VARIANTS = 50, 500
ROUNDS = 60
MOST_HTML_SECONDS, MOST_POLL_SECONDS, MOST_SCRIPT_BYTES = 0.05, 0.005, 70 * 1024

SCRIPT = re.compile(r'<script type="module"[^>]* src="([^"]+)"')
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
IMPORT = re.compile(r"""(?:\bfrom |\bimport |\bimport\()"(\.[^"]+\.js)\"""")


def product_page(folder: Path) -> list[Row]:
    with Web(production(folder / "ours")) as web:
        client = web.client()
        page = make_product(client)
        html = timed(client, page)
        client.request("GET", f"{page}images/")
        seen = {"If-None-Match": client.received["ETag"]}
        poll = timed(client, f"{page}images/", seen, HTTPStatus.NOT_MODIFIED)
        content = content_of(client.request("GET", page))
        sizes = script_sizes(client, page, content.decode())
    what = f"product page, {PHOTOS} images and {VARIANTS} variants"
    return [
        at_most(f"{what}, p50 over HTTP", html, MOST_HTML_SECONDS, f"{len(content) // 1024} KiB"),
        at_most("its poll when nothing changed, p50 over HTTP", poll, MOST_POLL_SECONDS, "304"),
        Row(
            "all scripts of that page",
            f"{len(sizes)} files, gzip",
            f"{sum(sizes.values()) / 1024:.1f} KiB",
            f"under {MOST_SCRIPT_BYTES // 1024} KiB",
            met=sum(sizes.values()) < MOST_SCRIPT_BYTES,
        ),
    ]


def at_most(what: str, seconds: list[float], most: float, note: str) -> Row:
    return Row(what, note, ms(p50(seconds)), f"under {ms(most)}", met=p50(seconds) < most)


def make_product(client: Client) -> str:
    """The path of its page."""
    client.save_product(Form(photos=PHOTOS))
    content = content_of(client.request("GET", "/products/"))
    found = re.search(r'href="(/products/\d+/)"', content.decode())
    if not found:
        raise RuntimeError("the product is not in the list")
    rows = [
        {"sku": f"S-{n:04d}", "name": f"Size {n}", "price": "19.90", "stock": n}
        for n in range(VARIANTS)
    ]
    body = json.dumps({"variants": rows}).encode()
    content_of(client.post(f"{found[1]}variants/", body, "application/json"))
    return found[1]


def timed(
    client: Client,
    path: str,
    headers: Mapping[str, str] | None = None,
    expected: HTTPStatus = HTTPStatus.OK,
) -> list[float]:
    """Seconds from the request to the last byte, after a few that warm the workers."""
    seconds = []
    for number in range(ROUNDS + 10):
        began = time.perf_counter()
        content_of(client.request("GET", path, headers=headers), expected)
        if number >= 10:
            seconds.append(time.perf_counter() - began)
    return seconds


def script_sizes(client: Client, page: str, html: str) -> dict[str, int]:
    """Bytes on the wire by path, imports of imports included."""
    sizes: dict[str, int] = {}
    waiting = [urljoin(page, path) for path in SCRIPT.findall(html)]
    while waiting:
        path = waiting.pop()
        if path in sizes:
            continue
        content = content_of(client.request("GET", path, headers={"Accept-Encoding": "gzip"}))
        sizes[path] = len(content)
        waiting += imports(path, content)
    return sizes


def imports(path: str, content: bytes) -> Iterator[str]:
    compressed = content.startswith(b"\x1f\x8b")
    text = (gzip.decompress(content) if compressed else content).decode()
    return (urljoin(path, name) for name in IMPORT.findall(COMMENT.sub("", text)))
