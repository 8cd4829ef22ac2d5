"""EXIF: a TIFF structure of tables (IFDs) of 12-byte entries, in either byte order.

Offsets are taken from strangers: every one is checked against the block, tables are visited
once, and their number is bounded. Layout and tags: TIFF 6.0, section 2; Exif 2.32, 4.6.
"""

import struct
from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from media_staging.containers import xmp
from media_staging.containers.reading import ByteOrder, Bytes, Extent, Patch, fill

_ORIENTATION: Final = 0x0112
_XMP: Final = 0x02BC
_EXIF_IFD: Final = 0x8769
_GPS_IFD: Final = 0x8825

_WANTED: Final = frozenset((_ORIENTATION, _XMP, _EXIF_IFD, _GPS_IFD))

_ENTRY: Final = 12
_TYPE_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_SHORT: Final = 3

# A photo has three or four tables of some dozens of entries; Exif 2.32 defines 32 GPS tags.
_MAX_TABLES: Final = 8
_MAX_ENTRIES: Final = 0xFFFF  # of all tables together
_MAX_WANTED: Final = 500  # of one table
_MAX_GPS_TAGS: Final = 64


@dataclass(frozen=True, slots=True)
class _Entry:
    at: int
    tag: int
    kind: int
    count: int
    length: int  # of the value, in bytes; 0 when its type is unknown
    value_at: int  # in the entry itself when it fits into 4 bytes

    @property
    def value(self) -> Extent:
        return (self.value_at, self.value_at + self.length)


@dataclass(frozen=True, slots=True)
class _Table:
    at: int
    count: int  # of the entries that lie in the block
    end: int
    entries: tuple[_Entry, ...]  # those that matter here

    def tagged(self, tag: int) -> list[_Entry]:
        return [entry for entry in self.entries if entry.tag == tag]


class _Tiff:
    def __init__(self, block: Bytes) -> None:
        self.block = block
        self.order: ByteOrder = "little" if bytes(block[:2]) == b"II" else "big"
        self._entry = struct.Struct(("<" if self.order == "little" else ">") + "HHII")
        self._entries_left = _MAX_ENTRIES

    @property
    def valid(self) -> bool:
        return bytes(self.block[:4]) in (b"II*\x00", b"MM\x00*")

    def number(self, at: int, size: int) -> int:
        return int.from_bytes(self.block[at : at + size], self.order)

    def table(self, at: int, wanted: Container[int] = _WANTED) -> _Table | None:
        """The table at ``at`` as far as it lies in the block; nothing if it can't be one."""
        if at < 8 or at + 2 + _ENTRY > len(self.block):
            return None
        count = min(self.number(at, 2), (len(self.block) - at - 2) // _ENTRY)
        self._entries_left -= count
        if self._entries_left < 0:
            return None
        start, end = at + 2, at + 2 + _ENTRY * count
        every = enumerate(self._entry.iter_unpack(self.block[start:end]))
        found = (
            self._read(start + _ENTRY * index, *fields)
            for index, fields in every
            if fields[0] in wanted
        )
        entries = tuple(islice(found, _MAX_WANTED + 1))
        if len(entries) > _MAX_WANTED:
            return None
        return _Table(at, count, min(end + 4, len(self.block)), entries)

    def _read(self, at: int, tag: int, kind: int, count: int, value: int) -> _Entry:
        length = _TYPE_SIZES.get(kind, 0) * count
        value_at = at + 8 if length <= 4 else value
        if value_at + length > len(self.block):
            length = 0
        return _Entry(at, tag, kind, count, length, value_at)

    def tables(self) -> Iterator[_Table]:
        """IFD0, the tables chained to it, and the Exif table of each."""
        if not self.valid:
            return
        waiting = [self.number(4, 4)]
        visited: set[int] = set()
        while waiting and len(visited) < _MAX_TABLES:
            at = waiting.pop(0)
            if at in visited:
                continue
            visited.add(at)
            table = self.table(at)
            if table is None:
                continue
            yield table
            waiting += [self.number(entry.at + 8, 4) for entry in table.tagged(_EXIF_IFD)[:1]]
            waiting.append(self.number(at + 2 + _ENTRY * table.count, 4))


def orientation(block: Bytes) -> int:
    """The orientation of IFD0, from 1 (upright) to 8; 1 when it is missing or nonsense.

    As Chromium and Firefox read it: one unsigned short, and the first that is no nonsense.
    """
    tiff = _Tiff(block)
    first = next(tiff.tables(), None)
    for entry in first.tagged(_ORIENTATION) if first else ():
        value = tiff.number(entry.at + 8, 2)
        if (entry.kind, entry.count) == (_SHORT, 1) and 1 <= value <= 8:
            return value
    return 1


def patches(block: Bytes) -> list[Patch]:
    """Patches within the block that remove its GPS table, the pointer to it, and XMP positions.

    Everything else keeps its value and its place; a malformed block gives fewer patches, never
    an exception.
    """
    tiff = _Tiff(block)
    tables = list(tiff.tables())
    pointing = [table for table in tables if table.tagged(_GPS_IFD)]
    kept = [(0, 8), *((table.at, table.end) for table in tables)]
    wiped = [extent for extent in _gps_extents(tiff, pointing) if not _touches(extent, kept)]
    shifted = [_without_pointer(tiff, table) for table in pointing]
    return _embedded_xmp(tiff, tables) + fill(wiped, b"\x00") + shifted


def _without_pointer(tiff: _Tiff, table: _Table) -> Patch:
    """The table without its GPS pointers: what follows moves up, what is freed becomes zero."""
    block, size = tiff.block, table.end - table.at
    pointers = table.tagged(_GPS_IFD)
    pieces, at = [], table.at + 2
    for pointer in pointers:
        pieces.append(block[at : pointer.at])
        at = pointer.at + _ENTRY
    count = tiff.number(table.at, 2) - len(pointers)
    head = count.to_bytes(2, tiff.order)
    return table.at, b"".join([head, *pieces, block[at : table.end]]).ljust(size, b"\x00")


def _gps_extents(tiff: _Tiff, pointing: list[_Table]) -> Iterator[Extent]:
    pointers = [entry.at + 8 for table in pointing for entry in table.tagged(_GPS_IFD)]
    for pointer in pointers[:_MAX_TABLES]:
        at = tiff.number(pointer, 4)
        # A pointer gone astray leads to arbitrary bytes, which are not ours to wipe.
        if tiff.number(at, 2) > _MAX_WANTED:
            continue
        table = tiff.table(at, range(_MAX_GPS_TAGS))
        tags = [entry for entry in table.entries if entry.kind in _TYPE_SIZES] if table else []
        if table and tags:
            yield (table.at, table.at + 2)
        for entry in tags:
            yield (entry.at, entry.at + _ENTRY)
            yield entry.value


def _touches(extent: Extent, others: list[Extent]) -> bool:
    return any(extent[0] < end and start < extent[1] for start, end in others)


def _embedded_xmp(tiff: _Tiff, tables: list[_Table]) -> list[Patch]:
    packets = [entry.value for table in tables[:1] for entry in table.tagged(_XMP)]
    return [
        (start + at, replacement)
        for start, end in packets[:1]
        for at, replacement in xmp.patches(tiff.block[start:end])
    ]
