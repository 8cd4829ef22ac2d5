"""JPEG (ITU T.81): marker segments, entropy-coded scans, and what phones append after them."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from media_staging.containers import boxes, exif, segments
from media_staging.containers.invalid import InvalidImage
from media_staging.containers.reading import (
    MAX_BLOCKS,
    Block,
    Extent,
    Layout,
    count_blocks,
    count_parts,
    fill,
    gather,
    number,
    union,
)

# The next marker, also through entropy-coded data: there FF 00 is a stuffed FF, FF D0 to
# FF D7 restart it, and FF FF is padding.
_MARKER: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_SOI: Final = re.compile(rb"\xff\xd8\xff")

_TEM, _SOI_CODE, _EOI, _SOS = 0x01, 0xD8, 0xD9, 0xDA
_APP1, _APP13, _COMMENT = 0xE1, 0xED, 0xFE
# Huffman-coded or arithmetic, at once or progressive: what browsers decode of fourteen kinds.
_SHOWN: Final = frozenset((0xC0, 0xC1, 0xC2, 0xC9, 0xCA))
_SHOWN_BITS, _SHOWN_COMPONENTS = 8, (1, 3, 4)
_FRAME_HEADERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

_EXIF: Final = b"Exif\x00"  # and one byte of padding
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\x00"
_EXTENDED_XMP: Final = b"http://ns.adobe.com/xmp/extension/\x00"
_GUID: Final = 32
_MAX_EXTENDED_PARTS: Final = 2_000  # of 64 KiB each, as all programs make them
_FLIR: Final = b"FLIR\x00"  # and the numbers of this part and of the last one
_FLIR_HEAD: Final = 8
_PHOTOSHOP: Final = b"Photoshop 3.0\x00"

_MAX_COMMENTS: Final = 16  # that are looked into; a file has one or two
# A multi-picture file (CIPA DC-007) appends previews and gain maps: a handful.
_MAX_FOLLOWERS: Final = 16


@dataclass(slots=True)
class _Image:
    size: tuple[int, int] | None = None
    scans: int = 0
    orientation: int | None = None
    walked: int = 0  # the offset up to which the walk has come
    exif: list[list[Extent]] = field(default_factory=list)
    xmp: list[Block] = field(default_factory=list)
    flir: list[Extent] = field(default_factory=list)
    photoshop: list[Extent] = field(default_factory=list)
    comments: list[Extent] = field(default_factory=list)
    extended: dict[bytes, list[tuple[int, Extent]]] = field(default_factory=dict)

    def xmp_blocks(self) -> Iterator[Block]:
        """Packets, then each extended packet in the order its parts declare."""
        yield from self.xmp
        for parts in self.extended.values():
            found = [extent for _, extent in parts]
            declared = [extent for _, extent in sorted(parts)]
            yield declared
            # What they declare may be wrong.
            if found != declared and not _fits(sorted(parts)):
                yield found


def _fits(parts: list[tuple[int, Extent]]) -> bool:
    """Whether each part begins where the one before it ends."""
    sizes = [end - start for _, (start, end) in parts]
    return [offset for offset, _ in parts] == [0, *accumulate(sizes[:-1])]


def walk(view: memoryview) -> Layout:
    """Walk to the end-of-image marker; raises InvalidImage. Bytes after it are accepted."""
    image = _Image()
    _walk_image(view, 0, image)
    if image.size is None:
        raise InvalidImage("corrupt")
    layout = Layout(*image.size)
    layout.turn(image.orientation or 1)
    _add_metadata(view, image, layout)
    for follower in _followers(view, image.walked):
        before = len(layout.exif), len(layout.xmp)
        _add_metadata(view, follower, layout)
        if len(layout.exif) + len(layout.xmp) > MAX_BLOCKS:
            del layout.exif[before[0] :], layout.xmp[before[1] :]
            break
    layout.positions += boxes.film_positions(view, image.walked)
    return layout


def _add_metadata(view: memoryview, image: _Image, layout: Layout) -> None:
    layout.exif += image.exif
    layout.xmp += image.xmp_blocks()
    exif_parts, xmp_parts = segments.photoshop_metadata(gather(view, image.photoshop))
    layout.exif += segments.placed(image.photoshop, exif_parts)
    layout.xmp += segments.placed(image.photoshop, xmp_parts)
    thermal = segments.flir_positions(gather(view, image.flir))
    for block in segments.placed(image.flir, union(thermal)):
        layout.positions += fill(block, b"\x00")
    for start, end in image.comments[:_MAX_COMMENTS]:
        layout.positions += segments.comment_positions(view, start, end)


def _followers(view: memoryview, at: int) -> Iterator[_Image]:
    """Images appended after the first, as far as they can be read."""
    for _ in range(_MAX_FOLLOWERS):
        start = _SOI.search(view, at)
        if start is None:
            return
        image = _Image()
        # One that breaks off is left where it broke: beginning anew inside of it would make
        # the time quadratic.
        with suppress(InvalidImage):
            _walk_image(view, start.start(), image)
        at = image.walked
        yield image


def _walk_image(view: memoryview, start: int, image: _Image) -> None:
    """Fill ``image`` on the way to its end marker."""
    image.walked, segments = start + 2, 0
    while marker := _MARKER.search(view, image.walked):
        code, image.walked = marker[0][1], marker.end()
        count_parts(segments := segments + 1)
        if code == _TEM:
            continue
        if code == _EOI and image.size and image.scans:
            return
        if code in (_SOI_CODE, _EOI):
            raise InvalidImage("corrupt")
        image.walked = _segment(view, code, image.walked, image)
    raise InvalidImage("truncated")


def _segment(view: memoryview, code: int, at: int, image: _Image) -> int:
    """Read the segment whose length field is at ``at``; return the offset after it."""
    length = number(view, at, 2)
    start, end = at + 2, at + length
    if length < 2:
        raise InvalidImage("corrupt")
    if end > len(view):
        raise InvalidImage("truncated")
    if code in _FRAME_HEADERS:
        _frame_header(view, code, start, end, image)
    elif code == _SOS:
        if image.size is None:
            raise InvalidImage("corrupt")
        image.scans += 1
    elif code == _APP1:
        _metadata(view, start, end, image)
    elif code == _APP13 and bytes(view[start : start + len(_PHOTOSHOP)]) == _PHOTOSHOP:
        image.photoshop.append((start + len(_PHOTOSHOP), end))
    elif code == _COMMENT:
        image.comments.append((start, end))
    return end


def _frame_header(view: memoryview, code: int, start: int, end: int, image: _Image) -> None:
    if image.size is not None or end - start < 6:
        raise InvalidImage("corrupt")
    height, width = number(view, start + 1, 2), number(view, start + 3, 2)
    if not width or not height:
        raise InvalidImage("corrupt")
    if code not in _SHOWN or view[start] != _SHOWN_BITS or view[start + 5] not in _SHOWN_COMPONENTS:
        raise InvalidImage("unshown_jpeg")
    image.size = (width, height)


def _metadata(view: memoryview, start: int, end: int, image: _Image) -> None:
    head = bytes(view[start : min(end, start + len(_EXTENDED_XMP))])
    if head.startswith(_EXIF):
        _exif_segment(view, start + len(_EXIF) + 1, end, image)
    elif head.startswith(_XMP):
        count_blocks(len(image.xmp))
        image.xmp.append([(start + len(_XMP), end)])
    elif head.startswith(_FLIR):
        image.flir.append((min(start + _FLIR_HEAD, end), end))
    elif head == _EXTENDED_XMP and end - start >= len(_EXTENDED_XMP) + _GUID + 8:
        guid = start + len(_EXTENDED_XMP)
        offset = number(view, guid + _GUID + 4, 4)
        count_blocks(len(image.extended))
        parts = image.extended.setdefault(bytes(view[guid : guid + _GUID]), [])
        if len(parts) == _MAX_EXTENDED_PARTS:
            raise InvalidImage("corrupt")
        parts.append((offset, (guid + _GUID + 8, end)))


def _exif_segment(view: memoryview, start: int, end: int, image: _Image) -> None:
    # Browsers look at the first segment before the pixels, and at no other.
    if image.orientation is None and not image.scans:
        image.orientation = exif.orientation(view[start:end])
    # EXIF over 64 KiB goes on in a second segment, which has no TIFF header of its own.
    if image.exif and bytes(view[start : start + 2]) not in (b"II", b"MM"):
        image.exif[-1].append((start, end))
    elif start < end:
        count_blocks(len(image.exif))
        image.exif.append([(start, end)])
