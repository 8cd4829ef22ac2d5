"""Boxes of ISO/IEC 14496-12, which AVIF and films are made of; where a film has its position."""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Final, NamedTuple

from media_staging.containers.invalid import InvalidImage
from media_staging.containers.reading import Patch, count_parts, number

_STRING: Final = re.compile(rb"([^\x00]*)\x00")

# Behind a photo, a film begins with this box; some bytes of the pixels may spell it, too.
_FILM: Final = re.compile(rb"ftyp")
_MAX_FILMS: Final = 8
_MAX_TOP_LEVEL: Final = 1_000
_FOLDERS: Final = frozenset((b"trak", b"udta"))
_MAX_FILM_BOXES: Final = 2_000  # a phone's film has about fifty down to that level
# What phones write (QuickTime's "xyz" and "gps"), and 3GPP TS 26.244.
_POSITIONS: Final = frozenset((b"\xa9xyz", b"\xa9gps", b"loci"))
_POSITION_KEY: Final = re.compile(rb"location|gps", re.IGNORECASE)


class Box(NamedTuple):
    """Its kind, and where its contents start and end."""

    kind: bytes
    start: int
    end: int


class Cursor:
    """Reads the numbers of one box one after another; raises InvalidImage("corrupt")."""

    def __init__(self, view: memoryview, box: Box) -> None:
        self.view, self.at, self.end = view, box.start, box.end

    def take(self, size: int) -> int:
        if self.at + size > self.end:
            raise InvalidImage("corrupt")
        self.at += size
        return number(self.view, self.at - size, size)

    def string(self) -> bytes:
        match = _STRING.match(self.view, self.at, self.end)
        self.at = match.end() if match else self.end
        return match[1] if match else b""


def box_at(view: memoryview, at: int, end: int) -> Box:
    """The box at ``at``, whose end may lie after ``end``."""
    size, kind, header = number(view, at, 4), bytes(view[at + 4 : at + 8]), 8
    if len(kind) < 4:
        raise InvalidImage("truncated")
    if size == 1:
        size, header = number(view, at + 8, 8), 16
    elif size == 0:
        size = end - at
    if size < header:
        raise InvalidImage("corrupt")
    return Box(kind, at + header, at + size)


def children(view: memoryview, parent: Box, skip: int = 0) -> Iterator[Box]:
    """The boxes in a box, after ``skip`` bytes of its own."""
    at, parts = parent.start + skip, 0
    while at + 8 <= parent.end:
        count_parts(parts := parts + 1)
        box = box_at(view, at, parent.end)
        if box.end > parent.end:
            raise InvalidImage("corrupt")
        yield box
        at = box.end


# --- Films -----------------------------------------------------------------------------------


def film_positions(view: memoryview, at: int) -> list[Patch]:
    """Patches that remove the position of the films that begin after ``at``; raises nothing."""
    found: list[Patch] = []
    for _ in range(_MAX_FILMS):
        start = _FILM.search(view, at)
        if start is None:
            break
        at = start.end()
        with suppress(InvalidImage):
            for box in _film(view, start.start() - 4):
                at = min(box.end, len(view))
                if box.kind == b"moov":
                    found += positions(view, box)
    return found


def _film(view: memoryview, at: int) -> Iterator[Box]:
    for _ in range(_MAX_TOP_LEVEL):
        if at + 8 > len(view):
            return
        box = box_at(view, at, len(view))
        if box.end > len(view):
            return
        yield box
        at = box.end


def positions(view: memoryview, moov: Box) -> list[Patch]:
    """Patches that make padding of the boxes with a position in a film's index; raises nothing."""
    found: list[Patch] = []
    waiting = [moov]
    with suppress(InvalidImage):
        for box in islice(_inside(view, waiting), _MAX_FILM_BOXES):
            if box.kind in _POSITIONS:
                found.append(_padding(box))
            elif box.kind == b"meta":
                found += _keyed_positions(view, box)
            elif box.kind in _FOLDERS:
                waiting.append(box)
    return found


def _inside(view: memoryview, waiting: list[Box]) -> Iterator[Box]:
    """What is in the boxes, and in those that are added meanwhile."""
    while waiting:
        yield from children(view, waiting.pop())


def _keyed_positions(view: memoryview, meta: Box) -> list[Patch]:
    """Those of a list whose entries are numbers of names."""
    # QuickTime's box of this name has no version of its own, ISO's has.
    skip = 0 if bytes(view[meta.start + 4 : meta.start + 8]) == b"hdlr" else 4
    boxes = {box.kind: box for box in islice(children(view, meta, skip), _MAX_FILM_BOXES)}
    if b"keys" not in boxes or b"ilst" not in boxes:
        return []
    names = children(view, boxes[b"keys"], 8)
    wanted = {
        place.to_bytes(4)
        for place, name in enumerate(islice(names, _MAX_FILM_BOXES), 1)
        if _POSITION_KEY.search(view, name.start, name.end)
    }
    values = islice(children(view, boxes[b"ilst"]), _MAX_FILM_BOXES)
    return [_padding(box) for box in values if box.kind in wanted]


def _padding(box: Box) -> Patch:
    # Boxes this small have a length of four bytes before their name.
    return box.start - 4, b"free" + bytes(box.end - box.start)
