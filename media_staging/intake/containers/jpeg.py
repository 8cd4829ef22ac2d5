"""JPEG (ITU T.81): marker segments, entropy-coded scans, and what phones append after them."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from media_staging.intake.containers import exif
from media_staging.intake.containers.invalid import InvalidImage
from media_staging.intake.containers.reading import (
    MAX_BLOCKS,
    Block,
    Extent,
    Layout,
    count_parts,
    gather,
    number,
)

# The next marker, also through entropy-coded data: there FF 00 is a stuffed FF, FF D0 to
# FF D7 restart it, and FF FF is padding.
_MARKER: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_SOI: Final = re.compile(rb"\xff\xd8\xff")

_TEM, _SOI_CODE, _EOI, _SOS, _APP1 = 0x01, 0xD8, 0xD9, 0xDA, 0xE1
_FRAME_HEADERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

_EXIF: Final = b"Exif\x00"  # and one byte of padding
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\x00"
_EXTENDED_XMP: Final = b"http://ns.adobe.com/xmp/extension/\x00"
_GUID: Final = 32

# A multi-picture file (CIPA DC-007) appends previews and gain maps: a handful.
_MAX_FOLLOWERS: Final = 16


@dataclass(slots=True)
class _Image:
    size: tuple[int, int] | None = None
    scans: int = 0
    walked: int = 0  # the offset up to which the walk has come
    exif: list[list[Extent]] = field(default_factory=list)
    xmp: list[Block] = field(default_factory=list)
    extended: dict[bytes, list[tuple[int, Extent]]] = field(default_factory=dict)

    def xmp_blocks(self) -> Iterator[Block]:
        """Packets, then each extended packet in the order its parts declare."""
        yield from self.xmp
        for parts in self.extended.values():
            declared, found = [extent for _, extent in sorted(parts)], [e for _, e in parts]
            yield declared
            # What they declare may be wrong.
            if found != declared:
                yield found


def walk(view: memoryview) -> Layout:
    """Walk to the end-of-image marker; raises InvalidImage. Bytes after it are accepted."""
    image = _Image()
    _walk_image(view, 0, image)
    if image.size is None:
        raise InvalidImage("corrupt")
    layout = Layout(*image.size, exif=list(image.exif), xmp=list(image.xmp_blocks()))
    if image.exif:
        layout.orient(exif.orientation(gather(view, image.exif[0])))
    for follower in _followers(view, image.walked):
        packets = list(follower.xmp_blocks())
        if len(layout.exif + layout.xmp + follower.exif + packets) > MAX_BLOCKS:
            break
        layout.exif += follower.exif
        layout.xmp += packets
    return layout


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
        _frame_header(view, start, end, image)
    elif code == _SOS:
        if image.size is None:
            raise InvalidImage("corrupt")
        image.scans += 1
    elif code == _APP1:
        _metadata(view, start, end, image)
    return end


def _frame_header(view: memoryview, start: int, end: int, image: _Image) -> None:
    if image.size is not None or end - start < 6:
        raise InvalidImage("corrupt")
    height, width = number(view, start + 1, 2), number(view, start + 3, 2)
    if not width or not height:
        raise InvalidImage("corrupt")
    image.size = (width, height)


def _metadata(view: memoryview, start: int, end: int, image: _Image) -> None:
    head = bytes(view[start : min(end, start + len(_EXTENDED_XMP))])
    if head.startswith(_EXIF):
        _exif_segment(view, start + len(_EXIF) + 1, end, image)
    elif head.startswith(_XMP):
        image.xmp.append([(start + len(_XMP), end)])
    elif head == _EXTENDED_XMP and end - start >= len(_EXTENDED_XMP) + _GUID + 8:
        guid = start + len(_EXTENDED_XMP)
        offset = number(view, guid + _GUID + 4, 4)
        parts = image.extended.setdefault(bytes(view[guid : guid + _GUID]), [])
        parts.append((offset, (guid + _GUID + 8, end)))


def _exif_segment(view: memoryview, start: int, end: int, image: _Image) -> None:
    # EXIF over 64 KiB goes on in a second segment, which has no TIFF header of its own.
    if image.exif and bytes(view[start : start + 2]) not in (b"II", b"MM"):
        image.exif[-1].append((start, end))
    elif start < end:
        image.exif.append([(start, end)])
