"""What a remote has to be able to do. Every remote passes `tests/media_staging/remotes/`.

To write one: subclass `Remote`, implement the abstract methods, set `name` and `label`, and
translate every error of its SDK into the kinds of `errors.py` before it leaves the file.
One instance serves all threads of a process.
"""

import hashlib
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, ClassVar

from django.utils.functional import Promise

from media_staging.disk import reading_errors
from media_staging.errors import Cancelled

RemoteData = dict[str, Any]
HASH_BYTES = 256 * 1024


# One small object of each prefix says which database it belongs to. It sorts before our keys.
PREFIX_MARK = ".staging-mark"


@dataclass(frozen=True, slots=True)
class Identity:
    """One file as a remote has to know it. `size` in bytes, `sha256` in hexadecimal.

    `mark` is kept with the object (see `Mark`); empty: nobody's. `name` is what it is saved as by
    whoever opens its address; empty for pictures, which are shown.
    """

    key: str
    size: int
    sha256: str
    content_type: str
    mark: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose an object says it is. All of it comes from what is kept with the object.

    `text` is the mark that it was stored with (`states/installation.py` says what it holds); empty
    where there is none. Objects of the first version have only `sha256` and `size`.
    """

    text: str = ""
    sha256: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """One entry of a remote's listing. `size` in bytes; `etag` changes with the bytes.

    `mark`: where the listing itself has it, so that nobody needs to ask for it.
    """

    key: str
    size: int
    modified: datetime
    etag: str = ""
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What an option of a remote's settings cannot do, in words that continue its name.

    `hint` says what to change. An error stops the start; anything else is a warning.
    """

    option: str
    text: str
    hint: str
    is_error: bool = True


def prefix_of(location: str) -> str:
    """A setting like "a/b" as what keys start with: "a/b/", however many slashes it is spelt with.

    Empty for none.
    """
    return "".join(f"{name}/" for name in location.split("/") if name)


class Body:
    """The bytes of one upload: counted as they are read, refused once the upload is called off.

    What a remote's client has read is what it has sent, give or take the socket's buffer; when it
    rewinds, the count rewinds with it.
    """

    def __init__(
        self,
        source: BinaryIO,
        size: int,
        cancelled: threading.Event,
        *,
        verified: bool = False,
    ) -> None:
        """`verified`: the bytes are in memory, and they were found to have the file's hash."""
        self._source = source
        self._cancelled = cancelled
        self.size = size
        self.verified = verified
        self.sent = 0

    def read(self, count: int = -1) -> bytes:
        """At most `count` bytes, all that are left by default. Raises Cancelled, Unreadable."""
        if self._cancelled.is_set():
            raise Cancelled
        with reading_errors():
            chunk = self._source.read(count)
        self.sent += len(chunk)
        return chunk

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.sent = self._source.seek(offset, whence)
        return self.sent

    def tell(self) -> int:
        return self._source.tell()

    def window(self, start: int, length: int) -> "Window":
        return Window(self, self._source, start, length)


class Window:
    """One part of a body, readable like a file of its own, without a copy in memory."""

    def __init__(self, body: Body, source: BinaryIO, start: int, length: int) -> None:
        self._body = body
        self._source = source
        self._start = start
        self._position = 0
        self.length = length

    def read(self, count: int = -1) -> bytes:
        left = self.length - self._position
        self._body.seek(self._start + self._position)
        chunk = self._body.read(left if count < 0 else min(count, left))
        self._position += len(chunk)
        return chunk

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Within the part; where the body stands is decided by the next `read`."""
        self._position = {
            os.SEEK_SET: 0,
            os.SEEK_CUR: self._position,
            os.SEEK_END: self.length,
        }[whence] + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def hash_into(self, *digests: "hashlib._Hash") -> None:
        """Feed the part to these digests; this pass is not counted as sent. Raises Unreadable."""
        left = self.length
        self._source.seek(self._start)
        with reading_errors():
            while left and (chunk := self._source.read(min(HASH_BYTES, left))):
                for digest in digests:
                    digest.update(chunk)
                left -= len(chunk)


class Remote(ABC):
    """A place that keeps files for good.

    Whatever raises Outage or Setup may raise Unclear as well: an answer that nobody knows.
    """

    # The entry of the settings.
    name: str
    # Whether the remote makes small pictures by itself, by the words of the URL. If not, the
    # consumer makes them after the flip and stores them like any file.
    makes_thumbnails: ClassVar[bool] = False
    # Whether `upload` itself notices an earlier one of the same file, so that nobody asks first.
    upload_finds_earlier: ClassVar[bool] = False

    @property
    @abstractmethod
    def label(self) -> str | Promise:
        """What people call it, unless the entry of the settings has a `label` of its own."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Where the objects are, as one line for people: service, bucket, prefix. Asks nobody.

        Two remotes with one address hold the same objects; credentials are no part of it. Rows
        keep a hash of it, so the words for a place that is in use never change.
        """

    @property
    def place(self) -> str:
        """The address as a short id, for the rows."""
        return hashlib.sha256(self.address.encode()).hexdigest()[:12]

    @property
    def endpoint(self) -> str:
        """The URL of its server; empty where that goes without saying. Asks nobody."""
        return ""

    def problems(self) -> Iterator[Problem]:
        """What of its options has no effect, or cannot work. Asks nobody."""
        return iter(())

    def prepare(self) -> None:
        """Make what the first upload would have to wait for. Asks nobody. Raises Setup."""

    @abstractmethod
    def upload(self, file: Identity, body: Body) -> RemoteData:
        """Store the `file.size` bytes of `body` under `file.key`, with `file.mark`; return only
        once verified.

        Repeatable: the same bytes in the same place. The answer is kept in the row and handed
        back to `url` and `delete`. Memory use does not grow with the size. Whatever `body.read`
        raises passes through. Raises Refused for what is known to be about the file, Setup for what
        every file meets, Outage for what passes by itself, Busy if it is never about a file, and
        Unclear for what nobody knows, also when the remote holds other bytes than were sent, or
        nothing. A connection that was used before and has died is none of these: the request is
        sent once more on a fresh one.
        """

    @abstractmethod
    def find(self, file: Identity) -> RemoteData | None:
        """What `upload` would answer if exactly this file is there already, otherwise None.

        Raises Hidden when a missing permission lets nobody tell, and Outage, Setup or Unclear.
        """

    @abstractmethod
    def delete(self, key: str, data: RemoteData) -> None:
        """Make the object go away; one that is not there is fine. Raises Outage or Setup."""

    @abstractmethod
    def url(self, key: str, data: RemoteData) -> str:
        """Where a browser finds the object. Asks nobody. The same text for about `url_lifetime`.

        Raises Outage or Setup where an address needs what this process does not have, as keys.
        """

    def download_url(self, key: str, data: RemoteData, name: str) -> str:
        """The same for who wants to save the object under this name, if the remote can ask for it.

        By default it cannot, and the browser shows the object.
        """
        return self.url(key, data)

    def thumbnail_url(self, key: str, data: RemoteData, width: int) -> str:
        """Where a picture of at most `width` pixels across is, for a remote that makes them."""
        raise NotImplementedError

    @property
    def url_lifetime(self) -> float | None:
        """For how many more seconds an answer of `url` made now works; None: for ever.

        Raises what `url` raises.
        """
        return None

    @property
    def origins(self) -> list[str]:
        """The beginnings ("https://host") of all addresses that it makes, for a content security
        policy; our own is left out. Asks nobody. Raises Outage or Setup."""
        return []

    @abstractmethod
    def read(self, key: str) -> Iterator[bytes]:
        """The object's bytes in pieces. Raises FileNotFoundError, Outage or Setup."""

    @abstractmethod
    def objects(self) -> Iterator[RemoteObject]:
        """Everything stored under our prefix, PREFIX_MARK included; sorted by key where the remote
        does. Raises Outage or Setup."""

    @abstractmethod
    def mark_of(self, key: str) -> Mark | None:
        """Whose the object under this key is, with one question; None when there is none.

        Raises Hidden when a missing permission lets nobody tell, and Outage or Setup.
        """

    def expect_mark(self) -> None:
        """The prefix has a mark, as the database knows: without one it is not the place it was.

        Only what can be taken away and leaves an empty place behind has to look.
        """

    @property
    def keeps_marks(self) -> bool:
        """Whether `upload` keeps marks at all. Where it does not, nothing is swept.

        Raises Outage or Setup when that cannot be told now.
        """
        return True

    @abstractmethod
    def read_prefix_mark(self) -> bytes | None:
        """The newest contents of the object PREFIX_MARK; None when there is none.

        Raises Outage or Setup.
        """

    @abstractmethod
    def write_prefix_mark(self, content: bytes) -> None:
        """Store or replace it: a few hundred bytes of text. Raises Outage or Setup."""

    def stale_uploads(self, older_than: datetime) -> Iterator[str]:
        """The keys of uploads in parts begun before then and never completed, whosever they are.

        Raises Outage or Setup.
        """
        return iter(())

    def abort_uploads(self, key: str) -> int:
        """Give up all uploads in parts of this key; return how many. Raises Outage or Setup."""
        return 0

    @abstractmethod
    def check(self) -> None:
        """Ask the remote for a sign of life. Raises Outage or Setup."""
