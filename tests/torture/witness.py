"""Uploads that remember what was acknowledged, and a poller that looks whether it can be seen."""

import hashlib
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import ClassVar
from urllib.parse import urlsplit

from urllib3.filepost import encode_multipart_formdata

from bench.site import Client
from dev.ports import LOOPBACK
from tests.torture.pictures import picture

# A handful of pictures per second and uploader; all of them are read again in the end.
UPLOAD_PAUSE_SECONDS = 0.4
LOOK_PAUSE_SECONDS = 0.05
LARGE_BYTES = 17 * 1024**2
SMALL_BYTES = 30_000
LARGE_ONE_IN = 150
REDIRECTS = {HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND}


@dataclass(frozen=True)
class Promise:
    """An image that the server said it has."""

    product: int
    image: int
    sha256: str


@dataclass
class Book:
    """What was promised, and what the promises turned out to be worth."""

    promises: list[Promise] = field(default_factory=list)
    looks: int = 0
    dangling: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def acknowledged(self) -> int:
        return len(self.promises)


class Worker:
    """Does one thing over and over, in a thread of its own, through all trouble."""

    pause_seconds: ClassVar[float]

    def __init__(self, book: Book, sign_in: Callable[[], Client]) -> None:
        self.book = book
        self.client = sign_in()
        self._sign_in = sign_in
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.defect: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Raises what ended the thread, if it was a defect of its own."""
        self._stop.set()
        self._thread.join(120)
        if self.defect is not None:
            raise self.defect

    def _run(self) -> None:
        try:
            while not self._stop.wait(self.pause_seconds):
                try:
                    self.once()
                except (OSError, HTTPException):
                    self.client.reconnect()
        except BaseException as error:  # noqa: BLE001 (told by stop)
            self.defect = error

    def once(self) -> None:
        raise NotImplementedError


class Uploader(Worker):
    """Sends one to three pictures at a time to one of the products."""

    pause_seconds = UPLOAD_PAUSE_SECONDS

    def __init__(
        self, book: Book, sign_in: Callable[[], Client], products: Sequence[int], seed: int
    ) -> None:
        super().__init__(book, sign_in)
        self.products = products
        self.random = random.Random(seed)
        self.tried = 0

    def once(self) -> None:
        product = self.random.choice(self.products)
        is_large = self.random.randrange(LARGE_ONE_IN) == 0
        count = 1 if is_large else self.random.randint(1, 3)
        pictures = [picture(LARGE_BYTES if is_large else SMALL_BYTES) for _ in range(count)]
        parts = [("images", (f"{i}.jpg", data, "image/jpeg")) for i, data in enumerate(pictures)]
        body, content_type = encode_multipart_formdata(parts)
        self.tried += count
        status, content = self.client.post(f"/products/{product}/images/", body, content_type)
        if status == HTTPStatus.CREATED:
            for image, data in zip(json.loads(content)["images"], pictures, strict=True):
                digest = hashlib.sha256(data).hexdigest()
                self.book.promises.append(Promise(product, image["id"], digest))


class Poller(Worker):
    """Looks at every promised image: its `url` has to give its bytes, whatever is down.

    A web server or database that is away shows nothing, and promises nothing: that is asked
    again. Objects are fetched from the S3 server itself, past the network that is being broken.
    """

    pause_seconds = LOOK_PAUSE_SECONDS

    def __init__(
        self, book: Book, sign_in: Callable[[], Client], products: Sequence[int], s3_port: int
    ) -> None:
        super().__init__(book, sign_in)
        self.products = products
        self.s3_port = s3_port
        self._turn = 0

    def once(self) -> None:
        self._turn += 1
        self.look_at(self.products[self._turn % len(self.products)])

    def look_at(self, product: int) -> int:
        """Follow the url of every promised image of a product; how many gave their bytes."""
        promised = {
            each.image: each.sha256 for each in list(self.book.promises) if each.product == product
        }
        # Looking at the last product may have taken longer than the server keeps a connection.
        self.client.reconnect()
        status, content = self.client.request("GET", f"/products/{product}/images/")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return 0
        assert status == HTTPStatus.OK, f"the list of images is answered with {status}"
        urls = {image["id"]: image["url"] for image in json.loads(content)["images"]}
        return sum(self._is_seen(image, urls.get(image), sha) for image, sha in promised.items())

    def _is_seen(self, image: int, url: str | None, sha256: str) -> bool:
        where, status, content = ("list", 0, b"") if url is None else self._fetch(url)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and where == "local":
            return False
        self.book.looks += 1
        self.book.seen[where] += 1
        if hashlib.sha256(content).hexdigest() == sha256:
            return True
        self.book.dangling.append(f"image {image}: {url} ({where}) is answered with {status}")
        return False

    def _fetch(self, url: str) -> tuple[str, int, bytes]:
        if url.startswith("/"):
            status, content, location = self._get_local(url)
            if status not in REDIRECTS:
                return "local", status, content
            _where, status, content = self._fetch(location)
            return "redirect", status, content
        parts = urlsplit(url)
        connection = HTTPConnection(LOOPBACK, self.s3_port, timeout=60)
        try:
            # The signature is for the address that the browser would go to.
            connection.request("GET", f"{parts.path}?{parts.query}", headers={"Host": parts.netloc})
            answer = connection.getresponse()
            return "remote", answer.status, answer.read()
        finally:
            connection.close()

    def _get_local(self, path: str) -> tuple[int, bytes, str]:
        connection = HTTPConnection(LOOPBACK, self.client.connection.port, timeout=60)
        try:
            connection.request("GET", path, headers=self.client.headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers.get("Location", "")
        finally:
            connection.close()
