"""GIF (89a): a screen, then blocks of sub-blocks up to the trailer."""

import re
from typing import Final

from media_staging.containers.invalid import InvalidImage
from media_staging.containers.reading import (
    Block,
    Extent,
    Layout,
    count_blocks,
    count_parts,
    number,
)

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_APPLICATION: Final = 0xFF
_XMP_APPLICATION: Final = b"\x0bXMP DataXMP"
# XMP stands in a GIF as plain text, not as sub-blocks. This trailer catches a reader that
# takes its characters for lengths, wherever it lands (XMP specification, part 3, 1.1.2).
_MAGIC: Final = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"
_NO_ZERO: Final = re.compile(rb"[^\x00]*")
_ZEROS: Final = re.compile(rb"\x00*")
_HEADER: Final = 13
# Most blocks are short; frames are read in pieces, since bytes are quicker to go through than a
# view of them.
_SHORT_PIECE, _LONG_PIECE = 256, 65_536
# So many pieces make a packet of a megabyte.
_MAX_XMP_PIECES: Final = 4_096


def walk(view: memoryview) -> Layout:
    """Walk to the trailer; raises InvalidImage. Bytes after it are accepted.

    The trailer may be missing, as far as every frame is whole: every browser shows that. The size
    is the screen's, enlarged to hold the first frame, as browsers do.
    """
    layout = Layout(number(view, 6, 2, "little"), number(view, 8, 2, "little"), frames=0)
    at, parts = _HEADER + _color_table(number(view, 10, 1)), 0
    while at < len(view) or not layout.frames:
        code = number(view, at, 1)
        count_parts(parts := parts + 1)
        if code == _TRAILER:
            break
        if code == _IMAGE:
            at = _frame(view, at + 1, layout)
        elif code == _EXTENSION:
            at = _extension(view, at + 1, layout)
        elif code == 0:  # terminators too many, which decoders skip
            at = _zeros_end(view, at)
        else:
            raise InvalidImage("corrupt")
    if not layout.frames or not layout.width or not layout.height:
        raise InvalidImage("corrupt")
    return layout


def _zeros_end(view: memoryview, at: int) -> int:
    zeros = _ZEROS.match(view, at)
    return zeros.end() if zeros else at


def _color_table(flags: int) -> int:
    """The size in bytes of the colour table that a screen's or frame's flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _frame(view: memoryview, at: int, layout: Layout) -> int:
    if not layout.frames:
        left, top, width, height = (number(view, at + place, 2, "little") for place in (0, 2, 4, 6))
        layout.width = max(layout.width, left + width)
        layout.height = max(layout.height, top + height)
    layout.frames += 1
    data = at + 9 + _color_table(number(view, at + 8, 1)) + 1
    return _skip_sub_blocks(view, data)


def _extension(view: memoryview, at: int, layout: Layout) -> int:
    end = _skip_sub_blocks(view, at + 1)
    start = at + 1 + len(_XMP_APPLICATION)
    if view[at] == _APPLICATION and bytes(view[at + 1 : start]) == _XMP_APPLICATION:
        count_blocks(len(layout.xmp))
        layout.xmp.append(_xmp(view, start, end))
    return end


def _skip_sub_blocks(view: memoryview, at: int) -> int:
    size = _SHORT_PIECE
    while at < len(view):
        piece, inside = bytes(view[at : at + size]), 0
        try:
            while length := piece[inside]:
                inside += length + 1
        except IndexError:
            at, size = at + inside, _LONG_PIECE
        else:
            return at + inside + 1
    raise InvalidImage("truncated")


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
        if len(extents) == _MAX_XMP_PIECES:
            raise InvalidImage("corrupt")
        extents.append((at + 1, at + 1 + length))
        at += length + 1
    return extents
