"""Segments of a JPEG that hold a position in a form of their own."""

import re
import struct
from collections.abc import Iterator
from typing import Final

from media_staging.containers.reading import Block, Bytes, Extent, Patch, cut, fill

# --- FLIR: a thermal camera's file in the segments of a JPEG -----------------------------------

_FLIR_HEAD: Final = 0x40
_FLIR_POSITION: Final = 0x2B
_FLIR_ENTRY: Final = 0x20
_MAX_FLIR_RECORDS: Final = 1_000
_FLIR_VERSIONS: Final = range(100, 200)


def flir_positions(block: Bytes) -> list[Extent]:
    """The records with a position, as extents of the block; raises nothing.

    After a head with version, offset and number of the directory's entries (at 0x14, 0x18, 0x1C)
    each of these has a type, and the offset and length of its record (at 0, 0x0C, 0x10).
    """
    if len(block) < _FLIR_HEAD or bytes(block[:4]) not in (b"FFF\0", b"AFF\0"):
        return []
    for order in (">", "<"):
        version, directory, count = struct.unpack_from(order + "3I", block, 0x14)
        if version in _FLIR_VERSIONS:
            entries = min(count, _MAX_FLIR_RECORDS, (len(block) - directory) // _FLIR_ENTRY)
            places = range(directory, directory + _FLIR_ENTRY * max(0, entries), _FLIR_ENTRY)
            records = (struct.unpack_from(order + "H10xII", block, place) for place in places)
            return [(at, at + size) for kind, at, size in records if kind == _FLIR_POSITION]
    return []


# --- Photoshop: resources of a number, a name and data, all padded to even lengths -------------

_EXIF_RESOURCES: Final = (0x0422, 0x0423)
_XMP_RESOURCE: Final = 0x0424
_MAX_RESOURCES: Final = 1_000


def photoshop_metadata(block: Bytes) -> tuple[list[Extent], list[Extent]]:
    """The EXIF and the XMP in Photoshop's resources, as extents of the block; raises nothing."""
    found = list(_resources(block))
    exif = [extent for number, extent in found if number in _EXIF_RESOURCES]
    return exif, [extent for number, extent in found if number == _XMP_RESOURCE]


def _resources(block: Bytes) -> Iterator[tuple[int, Extent]]:
    at = 0
    for _ in range(_MAX_RESOURCES):
        head = bytes(block[at : at + 7])
        if len(head) < 7 or not head.startswith(b"8BIM"):
            return
        data = at + 6 + (1 + head[6] + 1) // 2 * 2 + 4
        if data > len(block):
            return
        size = int.from_bytes(block[data - 4 : data])
        yield int.from_bytes(head[4:6]), (data, min(data + size, len(block)))
        at = data + size + size % 2


# --- Comments ----------------------------------------------------------------------------------

_IS_TEXT: Final = re.compile(rb"[^\x00-\x08\x0e-\x1f]*\x00?")
_PLACE: Final = re.compile(
    rb"(?:[Gg][Pp][Ss]|[Ll](?:at(?:itude)?|ong?(?:itude)?))[^0-9A-Za-z]{1,10}+[0-9]"
    rb"|[+-][0-9]{1,2}\.[0-9]{2,}[+-][0-9]{1,3}\.[0-9]{2,}"  # +41.0082+028.9784 (ISO 6709)
)


def comment_positions(view: memoryview, start: int, end: int) -> list[Patch]:
    """The comment made blank as a whole, if it is text that tells a position."""
    if _IS_TEXT.fullmatch(view, start, end) and _PLACE.search(view, start, end):
        return fill([(start, end)], b" ")
    return []


def placed(block: Block, extents: list[Extent]) -> list[Block]:
    """Extents of a gathered block as pieces of the file it was gathered from."""
    return [cut(block, start, end) for start, end in extents]
