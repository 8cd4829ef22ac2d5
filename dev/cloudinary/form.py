"""Multipart forms, read while they arrive: fields into memory, the file onto the disk."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from dev.cloudinary.answers import Refusal
from dev.proxies.damage import flipped

PIECE_BYTES = 256 * 1024
NAME = re.compile(rb'[; ]name="([^"]*)"')
BOUNDARY = re.compile(r'boundary="?([^";]+)')


@dataclass
class Form:
    """`file` is where the uploaded bytes are; whoever takes the form over moves or removes it."""

    fields: dict[str, str] = field(default_factory=dict)
    file: Path | None = None
    size: int = 0
    md5: str = ""

    def spoil(self) -> None:
        """Change the last byte, as if the file had arrived like that."""
        if self.file:
            data = self.file.read_bytes()
            data = flipped(data, len(data) - 1)
            self.file.write_bytes(data)
            self.md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()

    def discard(self) -> None:
        if self.file:
            self.file.unlink(missing_ok=True)


class Parts:
    """A multipart body of known length, taken apart at its boundary."""

    def __init__(self, source: BinaryIO, length: int, boundary: bytes) -> None:
        self._source = source
        self._left = length
        self._mark = b"\r\n--" + boundary
        # Nothing precedes the first boundary; with this it looks like the others.
        self._buffer = b"\r\n"

    def skip_to_first(self) -> None:
        for _piece in self.piece_by_piece():
            pass

    def next_head(self) -> bytes | None:
        """The head of the part after the boundary just passed; None after the last one."""
        while b"\r\n\r\n" not in self._buffer:
            if self._buffer.startswith(b"--"):
                self.drain()
                return None
            self._fill()
        head, _blank, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return head

    def piece_by_piece(self) -> Iterator[bytes]:
        """What is left of this part; the boundary behind it is taken as well."""
        while (at := self._buffer.find(self._mark)) < 0:
            # The end of what is here may be the beginning of a boundary.
            sure = len(self._buffer) - len(self._mark)
            if sure > 0:
                yield self._buffer[:sure]
                self._buffer = self._buffer[sure:]
            self._fill()
        yield self._buffer[:at]
        self._buffer = self._buffer[at + len(self._mark) :]

    def drain(self) -> None:
        self._buffer = b""
        while self._left:
            self._fill()
            self._buffer = b""

    def _fill(self) -> None:
        piece = self._source.read(min(PIECE_BYTES, self._left))
        if not piece:
            raise ConnectionError("the form ends in the middle")
        self._left -= len(piece)
        self._buffer += piece


def read_form(source: BinaryIO, length: int, content_type: str, folder: Path) -> Form:
    """Raises Refusal for what is no form, ConnectionError when the client goes away."""
    boundary = BOUNDARY.search(content_type)
    if not content_type.startswith("multipart/form-data") or not boundary:
        raise Refusal(400, "Missing required parameter - file")
    parts, form = Parts(source, length, boundary[1].encode()), Form()
    try:
        parts.skip_to_first()
        while (head := parts.next_head()) is not None:
            name = NAME.search(head)
            if name and b"filename=" in head:
                receive(parts, form, folder)
            else:
                value = b"".join(parts.piece_by_piece()).decode()
                form.fields[name[1].decode() if name else ""] = value
    except BaseException:
        form.discard()
        raise
    return form


def receive(parts: Parts, form: Form, folder: Path) -> None:
    form.file, digest = folder / uuid4().hex, hashlib.md5(usedforsecurity=False)
    with form.file.open("wb") as target:
        for piece in parts.piece_by_piece():
            target.write(piece)
            digest.update(piece)
            form.size += len(piece)
    form.md5 = digest.hexdigest()
