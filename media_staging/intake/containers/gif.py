"""GIF (89a): a screen, then blocks of sub-blocks up to the trailer."""

import re
from typing import Final

from media_staging.intake.containers.invalid import InvalidImage
from media_staging.intake.containers.reading import Block, Extent, Layout, count_parts, number

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_APPLICATION: Final = 0xFF
_XMP_APPLICATION: Final = b"\x0bXMP DataXMP"
# XMP stands in a GIF as plain text, not as sub-blocks. This trailer catches a reader that
# takes its characters for lengths, wherever it lands (XMP specification, part 3, 1.1.2).
_MAGIC: Final = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"
_NO_ZERO: Final = re.compile(rb"[^\x00]*")


def walk(view: memoryview) -> Layout:
    """Walk to the trailer; raises InvalidImage. Bytes after it are accepted.

    The size is the screen's, enlarged to hold every frame, as decoders do.
    """
    layout = Layout(number(view, 6, 2, "little"), number(view, 8, 2, "little"), frames=0)
    at, parts = 13 + _color_table(number(view, 10, 1)), 0
    while (code := number(view, at, 1)) != _TRAILER:
        count_parts(parts := parts + 1)
        if code == _IMAGE:
            at = _frame(view, at + 1, layout)
        elif code == _EXTENSION:
            at = _extension(view, at + 1, layout)
        elif code == 0:  # a terminator too many, which decoders skip
            at += 1
        else:
            raise InvalidImage("corrupt")
    if not layout.frames or not layout.width or not layout.height:
        raise InvalidImage("corrupt")
    return layout


def _color_table(flags: int) -> int:
    """The size in bytes of the colour table that a screen's or frame's flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _frame(view: memoryview, at: int, layout: Layout) -> int:
    left, top, width, height = (number(view, at + offset, 2, "little") for offset in (0, 2, 4, 6))
    layout.width = max(layout.width, left + width)
    layout.height = max(layout.height, top + height)
    layout.frames += 1
    data = at + 9 + _color_table(number(view, at + 8, 1)) + 1
    return _skip_sub_blocks(view, data)


def _extension(view: memoryview, at: int, layout: Layout) -> int:
    end = _skip_sub_blocks(view, at + 1)
    start = at + 1 + len(_XMP_APPLICATION)
    if view[at] == _APPLICATION and bytes(view[at + 1 : start]) == _XMP_APPLICATION:
        layout.xmp.append(_xmp(view, start, end))
    return end


def _skip_sub_blocks(view: memoryview, at: int) -> int:
    try:
        while length := view[at]:
            at += length + 1
    except IndexError:
        raise InvalidImage("truncated") from None
    return at + 1


def _xmp(view: memoryview, start: int, end: int) -> Block:
    packet_end = end - len(_MAGIC)
    plain = _NO_ZERO.match(view, start, end)
    if bytes(view[max(start, packet_end) : end]) == _MAGIC and plain and plain.end() >= packet_end:
        return [(start, packet_end)]
    return _sub_blocks(view, start)


def _sub_blocks(view: memoryview, at: int) -> list[Extent]:
    """Only the contents: the lengths between them must stay as they are."""
    extents: list[Extent] = []
    while length := view[at]:
        count_parts(len(extents))
        extents.append((at + 1, at + 1 + length))
        at += length + 1
    return extents
