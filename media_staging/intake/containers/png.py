"""PNG (third edition): a signature and chunks of length, type, data and CRC; also APNG."""

import re
import zlib
from binascii import unhexlify
from collections.abc import Iterator
from typing import Final, NamedTuple

from media_staging.intake.containers import exif, xmp
from media_staging.intake.containers.invalid import InvalidImage
from media_staging.intake.containers.reading import Bytes, Layout, Patch, count_parts, number

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

# The limits of Pillow's reader: more text than this fails to open there.
MAX_TEXT_BYTES: Final = 1024 * 1024  # one chunk, as stored and inflated
MAX_TEXT_TOTAL: Final = 64 * 1024 * 1024  # all chunks of a file, inflated
MAX_METADATA_CHUNKS: Final = 1_000

_KIND: Final = re.compile(rb"[A-Za-z]{4}")
_TEXT: Final = frozenset((b"tEXt", b"zTXt", b"iTXt"))
_METADATA: Final = _TEXT | {b"eXIf"}
_XMP_KEYWORD: Final = b"XML:com.adobe.xmp"
_PROFILE: Final = re.compile(rb"Raw profile type (?:exif|APP1|xmp)", re.IGNORECASE)
_PROFILE_TEXT: Final = re.compile(rb"\s*\w+\s+\d+\s([0-9A-Fa-f\s]*)")
_GPS_KEYWORD: Final = re.compile(rb"(?:[^:]*:)?gps", re.IGNORECASE)
_LANGUAGE_AND_TITLE: Final = re.compile(rb"[^\x00]*\x00[^\x00]*\x00")
_EXIF_PREFIX: Final = b"Exif\x00\x00"

# Ancillary, private, safe to copy: every reader skips it.
_NEUTRAL: Final = b"prVt"


class _Chunk(NamedTuple):
    kind: bytes
    start: int
    end: int


class _Text(NamedTuple):
    keyword: bytes
    start: int
    compressed: bool


def walk(view: memoryview) -> Layout:
    """Walk to IEND and check every CRC; raises InvalidImage. Bytes after IEND are accepted."""
    chunks = _chunks(view)
    layout = _header(view, next(chunks))
    pixels, inflated, turned, metadata = False, 0, 1, 0
    for chunk in chunks:
        metadata += chunk.kind in _METADATA
        pixels = pixels or chunk.kind == b"IDAT"
        if chunk.kind == b"acTL" and not pixels:
            layout.frames = max(1, number(view, chunk.start, 4))
        elif chunk.kind == b"eXIf" and turned == 1:
            turned = exif.orientation(view[chunk.start : chunk.end])
        elif chunk.kind in _TEXT:
            inflated += _text_length(view, chunk, MAX_TEXT_TOTAL - inflated)
    if not pixels or metadata > MAX_METADATA_CHUNKS:
        raise InvalidImage("corrupt")
    layout.orient(turned)
    return layout


def strip(view: memoryview, layout: Layout) -> list[Patch]:
    """Patches that remove positions; a chunk that can't be edited in place becomes padding."""
    patches: list[Patch] = []
    for chunk in _chunks(view, check=False):
        if chunk.kind == b"eXIf":
            patches += _edited(view, chunk, exif.patches(view[chunk.start : chunk.end]))
        elif chunk.kind in _TEXT:
            patches += _stripped_text(view, chunk)
    return patches


def _chunks(view: memoryview, check: bool = True) -> Iterator[_Chunk]:
    """Every chunk including IEND, each of them whole."""
    at, parts = len(SIGNATURE), 0
    kind = b""
    while kind != b"IEND":
        count_parts(parts := parts + 1)
        start = at + 8
        end = start + number(view, at, 4)
        kind = bytes(view[at + 4 : start])
        if _KIND.fullmatch(kind) is None:
            raise InvalidImage("truncated" if len(kind) < 4 else "corrupt")
        if end + 4 > len(view):
            raise InvalidImage("truncated")
        if check and zlib.crc32(view[at + 4 : end]) != number(view, end, 4):
            raise InvalidImage("corrupt")
        yield _Chunk(kind, start, end)
        at = end + 4


def _header(view: memoryview, chunk: _Chunk) -> Layout:
    if chunk.kind != b"IHDR" or chunk.end - chunk.start != 13:
        raise InvalidImage("corrupt")
    layout = Layout(number(view, chunk.start, 4), number(view, chunk.start + 4, 4))
    if not layout.width or not layout.height:
        raise InvalidImage("corrupt")
    return layout


def _text(view: memoryview, chunk: _Chunk) -> _Text:
    """Where the text of a chunk starts; keywords are at most 79 bytes, and end with a zero."""
    head = bytes(view[chunk.start : min(chunk.start + 80, chunk.end)])
    keyword, _, _ = head.partition(b"\x00")
    start = chunk.start + len(keyword) + 1
    if chunk.kind == b"tEXt":
        return _Text(keyword, start, False)
    if chunk.kind == b"zTXt":
        return _Text(keyword, start + 1, True)
    compressed = bytes(view[start : start + 1]) == b"\x01"
    titles = _LANGUAGE_AND_TITLE.match(view, start + 2, chunk.end)
    return _Text(keyword, titles.end() if titles else chunk.end, compressed)


def _text_length(view: memoryview, chunk: _Chunk, budget: int) -> int:
    length = chunk.end - chunk.start
    if length <= MAX_TEXT_BYTES:
        length = len(_content(view, chunk, _text(view, chunk)))
    if length > min(MAX_TEXT_BYTES, budget):
        raise InvalidImage("text_too_long")
    return length


def _content(view: memoryview, chunk: _Chunk, text: _Text) -> Bytes:
    """The text, inflated to at most one byte more than a chunk may hold."""
    if not text.compressed:
        return view[text.start : chunk.end]
    try:
        inflate = zlib.decompressobj()
        return inflate.decompress(view[text.start : chunk.end], MAX_TEXT_BYTES + 1)
    except zlib.error:
        return b""


def _stripped_text(view: memoryview, chunk: _Chunk) -> list[Patch]:
    text = _text(view, chunk)
    if text.keyword == _XMP_KEYWORD:
        found = xmp.patches(_content(view, chunk, text))
        if text.compressed:
            return _neutralised(chunk) if found else []
        shift = text.start - chunk.start
        return _edited(view, chunk, [(shift + at, new) for at, new in found])
    if _GPS_KEYWORD.match(text.keyword):
        return _neutralised(chunk)
    if _PROFILE.fullmatch(text.keyword) and _profile_has_gps(_content(view, chunk, text)):
        return _neutralised(chunk)
    return []


def _profile_has_gps(content: Bytes) -> bool:
    """Whether a profile as ImageMagick writes it (name, length, hex digits) has a position."""
    match = _PROFILE_TEXT.match(content)
    digits = b"".join(match[1].split()) if match else b""
    profile = unhexlify(digits[: len(digits) // 2 * 2]).removeprefix(_EXIF_PREFIX)
    return bool(exif.patches(profile) or xmp.patches(profile))


def _edited(view: memoryview, chunk: _Chunk, patches: list[Patch]) -> list[Patch]:
    """Patches of the chunk's data, as one patch of its data and its CRC."""
    if not patches:
        return []
    edited = bytearray(view[chunk.start : chunk.end])
    for at, replacement in patches:
        edited[at : at + len(replacement)] = replacement
    return [(chunk.start, bytes(edited) + _crc(chunk.kind, edited))]


def _neutralised(chunk: _Chunk) -> list[Patch]:
    blank = bytes(chunk.end - chunk.start)
    return [(chunk.start - 4, _NEUTRAL + blank + _crc(_NEUTRAL, blank))]


def _crc(kind: bytes, data: bytes | bytearray) -> bytes:
    return zlib.crc32(data, zlib.crc32(kind)).to_bytes(4, "big")
