"""The page of a large product: its HTML, the poll that finds nothing new, its scripts, and a Save
while photos travel.
"""

import gzip
import json
import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urljoin

from bench.saves import ROUND_TRIP_SECONDS
from bench.site import Client, Form, Web, content_of, production
from bench.table import Row, ms, p50
from dev.ports import LOOPBACK
from dev.proxies.tcp import DelayProxy

PHOTOS, VARIANTS = 50, 500
ROUNDS = 60
TRAVELLING, AT_ONCE, TURNS, QUIET = 60, 3, 5, 30
MOST_SLOWER = 1.2
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
    page = save_product(client, PHOTOS)
    rows = [
        {"sku": f"S-{n:04d}", "name": f"Size {n}", "price": "19.90", "stock": n}
        for n in range(VARIANTS)
    ]
    body = json.dumps({"variants": rows}).encode()
    content_of(client.post(f"{page}variants/", body, "application/json"))
    return page


def save_product(client: Client, photos: int) -> str:
    client.save_product(Form(photos=photos))
    content = content_of(client.request("GET", "/products/"))
    found = re.search(r'href="(/products/\d+/)"', content.decode())
    if not found:
        raise RuntimeError("the product is not in the list")
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


def save_beside_photos(folder: Path) -> list[Row]:
    """A Save of the text again and again, in turns without and with photos on their way: three at a
    time, as a page sends them, from somewhere 100 ms away.
    """
    quiet: list[float] = []
    busy: list[float] = []
    with (
        Web(production(folder / "ours")) as web,
        DelayProxy(LOOPBACK, web.port, ROUND_TRIP_SECONDS) as net,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        senders = [Client(net.port) for _sender in range(AT_ONCE)]
        for sender in senders:
            sender.sign_in()
        client = web.client()
        for _turn in range(TURNS):
            page = save_product(client, photos=1)
            # Before and after: the answer names all photos that are there.
            quiet += [save(client, page) for _save in range(QUIET)]
            sent = [pool.submit(send, sender, page) for sender in senders]
            busy += saves(client, page, sent)
            quiet += [save(client, page) for _save in range(QUIET)]
    ratio = p50(busy) / p50(quiet)
    return [
        Row(
            f"a Save of the text while {TRAVELLING} photos travel, p50 of {len(busy)}",
            "the same when none does",
            f"{ms(p50(busy))} / {ms(p50(quiet))} = {ratio:.2f} times",
            f"at most {MOST_SLOWER} times",
            met=ratio <= MOST_SLOWER,
        )
    ]


def send(client: Client, page: str) -> None:
    # The server has closed what was idle.
    client.reconnect()
    for _photo in range(TRAVELLING // AT_ONCE):
        client.add_photo(int(page.split("/")[2]))


def saves(client: Client, page: str, sent: list[Future[None]]) -> Iterator[float]:
    """Seconds of each Save until the last photo is there. Raises what the senders raised."""
    while not all(each.done() for each in sent):
        yield save(client, page)
    for each in sent:
        each.result()


def save(client: Client, page: str) -> float:
    name = {"name": f"Bowl {time.monotonic_ns()}"}
    body = json.dumps({"product": name}).encode()
    began = time.perf_counter()
    content_of(client.post(page, body, "application/json"))
    return time.perf_counter() - began
