"""WebP (RFC 9649): a RIFF file of chunks, padded to even sizes."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from media_staging.containers.invalid import InvalidImage
from media_staging.containers.reading import Layout, count_parts, number

_EXIF_PREFIX: Final = b"Exif\x00\x00"
_BITSTREAMS: Final = (b"VP8 ", b"VP8L")
_FRAME_HEADER: Final = 16  # of an ANMF chunk, before the frame's own chunks
_START_CODE: Final = 0x2A019D  # of a VP8 key frame
_VP8L_SIGNATURE: Final = 0x2F


class _Chunk(NamedTuple):
    kind: bytes
    start: int
    end: int


def walk(view: memoryview) -> Layout:
    """Walk to the end that the RIFF header declares; raises InvalidImage.

    No browser turns a WebP by its EXIF.
    """
    end = 8 + number(view, 4, 4, "little")
    if end > len(view):
        raise InvalidImage("truncated")
    chunks = list(_chunks(view, end))
    layout = _canvas(view, chunks[0]) if chunks else None
    if layout is None:
        raise InvalidImage("corrupt")
    layout.frames = _frames(view, chunks, layout)
    layout.xmp = [[(chunk.start, chunk.end)] for chunk in chunks if chunk.kind == b"XMP "]
    for chunk in chunks:
        if chunk.kind == b"EXIF" and chunk.start < chunk.end:
            prefixed = bytes(view[chunk.start : chunk.start + 6]) == _EXIF_PREFIX
            layout.exif.append([(min(chunk.start + 6 * prefixed, chunk.end), chunk.end)])
    return layout


def _chunks(view: memoryview, end: int) -> Iterator[_Chunk]:
    at, parts = 12, 0
    while at < end:
        count_parts(parts := parts + 1)
        start, length = at + 8, number(view, at + 4, 4, "little")
        # The last chunk's padding byte is missing in what some encoders write.
        if start + length > end:
            raise InvalidImage("corrupt")
        yield _Chunk(bytes(view[at : at + 4]), start, start + length)
        at = start + length + length % 2


def _canvas(view: memoryview, first: _Chunk) -> Layout:
    if first.kind != b"VP8X":
        return Layout(*_bitstream_size(view, first))
    if first.end - first.start < 10:
        raise InvalidImage("corrupt")
    width, height = (number(view, first.start + offset, 3, "little") for offset in (4, 7))
    return Layout(width + 1, height + 1)


def _bitstream_size(view: memoryview, chunk: _Chunk) -> tuple[int, int]:
    start, length = chunk.start, chunk.end - chunk.start
    if chunk.kind == b"VP8 " and length >= 10:
        width, height = (number(view, start + offset, 2, "little") & 0x3FFF for offset in (6, 8))
        valid = number(view, start + 3, 3, "little") == _START_CODE and not view[start] & 1
    elif chunk.kind == b"VP8L" and length >= 5:
        bits = number(view, start + 1, 4, "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        valid = view[start] == _VP8L_SIGNATURE
    else:
        raise InvalidImage("corrupt")
    if not valid or not width or not height:
        raise InvalidImage("corrupt")
    return width, height


def _frames(view: memoryview, chunks: list[_Chunk], canvas: Layout) -> int:
    """How many frames there are; a still image must be as large as its canvas."""
    frames = [chunk for chunk in chunks if chunk.kind == b"ANMF"]
    if any(frame.end - frame.start < _FRAME_HEADER + 8 for frame in frames):
        raise InvalidImage("corrupt")
    if frames:
        return len(frames)
    still = next((chunk for chunk in chunks if chunk.kind in _BITSTREAMS), None)
    if still is None or _bitstream_size(view, still) != (canvas.width, canvas.height):
        raise InvalidImage("corrupt")
    return 1
