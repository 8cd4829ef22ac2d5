"""EXIF: a TIFF structure of tables (IFDs) of 12-byte entries, in either byte order.

Offsets are taken from strangers: every one is checked against the block, tables are visited
once, and their number is bounded. Layout and tags: TIFF 6.0, section 2; Exif 2.32, 4.6.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from media_staging.intake.containers import xmp
from media_staging.intake.containers.reading import ByteOrder, Bytes, Extent, Patch, fill

_ORIENTATION: Final = 0x0112
_XMP: Final = 0x02BC
_EXIF_IFD: Final = 0x8769
_GPS_IFD: Final = 0x8825

_ENTRY: Final = 12
_TYPE_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}

# A photo has three or four tables of some dozens of entries; Exif 2.32 defines 32 GPS tags.
_MAX_TABLES: Final = 8
_MAX_ENTRIES: Final = 500
_MAX_GPS_TAGS: Final = 64


@dataclass(frozen=True, slots=True)
class _Entry:
    at: int
    tag: int
    kind: int
    length: int  # of the value, in bytes; 0 when its type is unknown
    value_at: int  # in the entry itself when it fits into 4 bytes

    @property
    def value(self) -> Extent:
        return (self.value_at, self.value_at + self.length)


@dataclass(frozen=True, slots=True)
class _Table:
    at: int
    end: int
    entries: tuple[_Entry, ...]


class _Tiff:
    def __init__(self, block: Bytes) -> None:
        self.block = block
        self.order: ByteOrder = "little" if bytes(block[:2]) == b"II" else "big"

    @property
    def valid(self) -> bool:
        return bytes(self.block[:4]) in (b"II*\x00", b"MM\x00*")

    def number(self, at: int, size: int) -> int:
        return int.from_bytes(self.block[at : at + size], self.order)

    def table(self, at: int) -> _Table | None:
        """The table at ``at`` as far as it lies in the block; nothing if it can't be one."""
        if at < 8 or at + 2 + _ENTRY > len(self.block):
            return None
        count = min(self.number(at, 2), (len(self.block) - at - 2) // _ENTRY)
        if count > _MAX_ENTRIES:
            return None
        entries = tuple(self.entry(at + 2 + _ENTRY * index) for index in range(count))
        return _Table(at, min(at + 2 + _ENTRY * count + 4, len(self.block)), entries)

    def entry(self, at: int) -> _Entry:
        kind = self.number(at + 2, 2)
        length = _TYPE_SIZES.get(kind, 0) * self.number(at + 4, 4)
        value_at = at + 8 if length <= 4 else self.number(at + 8, 4)
        if value_at + length > len(self.block):
            length = 0
        return _Entry(at, self.number(at, 2), kind, length, value_at)

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
            pointers = [entry.at + 8 for entry in table.entries if entry.tag == _EXIF_IFD]
            waiting += [self.number(pointer, 4) for pointer in pointers[:1]]
            waiting.append(self.number(at + 2 + _ENTRY * len(table.entries), 4))


def orientation(block: Bytes) -> int:
    """The orientation of IFD0, from 1 (upright) to 8; 1 when it is missing or nonsense."""
    tiff = _Tiff(block)
    first = next(tiff.tables(), None)
    for entry in first.entries if first else ():
        if entry.tag == _ORIENTATION and entry.kind in (1, 3, 4):
            value = tiff.number(entry.at + 8, _TYPE_SIZES[entry.kind])
            return value if 1 <= value <= 8 else 1
    return 1


def patches(block: Bytes) -> list[Patch]:
    """Patches within the block that remove its GPS table, the pointer to it, and XMP positions.

    Everything else keeps its value and its place; a malformed block gives fewer patches, never
    an exception.
    """
    tiff = _Tiff(block)
    tables = list(tiff.tables())
    pointing = [table for table in tables if any(e.tag == _GPS_IFD for e in table.entries)]
    kept = [(0, 8), *((table.at, table.end) for table in tables)]
    wiped = [extent for extent in _gps_extents(tiff, pointing) if not _touches(extent, kept)]
    shifted = [_without_pointer(tiff, table) for table in pointing]
    return _embedded_xmp(tiff, tables) + fill(wiped, b"\x00") + shifted


def _without_pointer(tiff: _Tiff, table: _Table) -> Patch:
    """The table without its GPS pointers: what follows moves up, what is freed becomes zero."""
    block, size = tiff.block, table.end - table.at
    kept = [entry for entry in table.entries if entry.tag != _GPS_IFD]
    count = tiff.number(table.at, 2) - len(table.entries) + len(kept)
    rest = block[table.at + 2 + _ENTRY * len(table.entries) : table.end]
    entries = b"".join(block[entry.at : entry.at + _ENTRY] for entry in kept)
    return table.at, (count.to_bytes(2, tiff.order) + entries + rest).ljust(size, b"\x00")


def _gps_extents(tiff: _Tiff, pointing: list[_Table]) -> Iterator[Extent]:
    pointers = [e.at + 8 for table in pointing for e in table.entries if e.tag == _GPS_IFD]
    for pointer in pointers[:_MAX_TABLES]:
        table = tiff.table(tiff.number(pointer, 4))
        # A pointer gone astray leads to arbitrary bytes, which are not ours to wipe.
        tags = [entry for entry in table.entries if _is_gps(entry)] if table else []
        if table and tags:
            yield (table.at, table.at + 2)
        for entry in tags:
            yield (entry.at, entry.at + _ENTRY)
            yield entry.value


def _is_gps(entry: _Entry) -> bool:
    return entry.tag < _MAX_GPS_TAGS and entry.kind in _TYPE_SIZES


def _touches(extent: Extent, others: list[Extent]) -> bool:
    return any(extent[0] < end and start < extent[1] for start, end in others)


def _embedded_xmp(tiff: _Tiff, tables: list[_Table]) -> list[Patch]:
    packets = [e.value for table in tables[:1] for e in table.entries if e.tag == _XMP]
    return [
        (start + at, replacement)
        for start, end in packets[:1]
        for at, replacement in xmp.patches(tiff.block[start:end])
    ]
