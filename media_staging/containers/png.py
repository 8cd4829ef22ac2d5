"""PNG (third edition): a signature and chunks of length, type, data and CRC; also APNG."""

import re
import zlib
from binascii import hexlify, unhexlify
from collections.abc import Iterator
from typing import Final, NamedTuple

from media_staging.containers import exif, xmp
from media_staging.containers.invalid import InvalidImage
from media_staging.containers.reading import (
    Bytes,
    Layout,
    Patch,
    count_blocks,
    count_parts,
    merge,
    number,
)

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

# Of the texts that may hold a position, so much more than the file is long is inflated; what is
# longer is blanked as a whole.
SPARE_TEXT_BYTES: Final = 1024 * 1024

_KIND: Final = re.compile(rb"[A-Za-z]{4}")
_ANCILLARY: Final = 0x20  # in the first letter of a chunk that readers may skip
_CRITICAL: Final = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND"))
# Those of an animation are pixels as well, and the rest of these says what the pixels mean.
_FRAMES: Final = frozenset((b"acTL", b"fcTL", b"fdAT"))
_PIXELS: Final = _CRITICAL | _FRAMES | {b"tRNS", b"iCCP"}
_TEXT: Final = frozenset((b"tEXt", b"zTXt", b"iTXt"))
_METADATA: Final = _TEXT | {b"eXIf"}

# The bits that each kind of colour may have (table 11.1), and its sides' most.
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_MAX_SIDE: Final = 2**31 - 1

_XMP_KEYWORD: Final = b"XML:com.adobe.xmp"
_PROFILE: Final = re.compile(rb"Raw profile type (?:exif|APP1|xmp)", re.IGNORECASE)
# As ImageMagick writes one: its name, its length, hex digits in lines.
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
    """Walk to IEND; raises InvalidImage. Bytes after IEND are accepted.

    The CRC of what is no pixel may be wrong: browsers skip such a chunk.
    """
    chunks = _chunks(view)
    layout = _header(view, next(chunks))
    pixels, turned = False, False
    for chunk in chunks:
        kind = chunk.kind
        if not kind[0] & _ANCILLARY or kind in _FRAMES:
            if not _is_sound(view, chunk):
                raise InvalidImage("corrupt")
            if kind not in _PIXELS:
                raise InvalidImage("unshown_png")
            pixels = pixels or kind == b"IDAT"
            if kind == b"acTL" and not pixels:
                layout.frames = max(1, number(view, chunk.start, 4))
        elif not pixels and kind == b"eXIf" and not turned and _is_sound(view, chunk):
            turned = True
            layout.turn(exif.orientation(_data(view, chunk)))
        elif not pixels and kind == b"cICP" and chunk.end - chunk.start == 4:
            layout.color = (view[chunk.start], view[chunk.start + 1])
    if not pixels:
        raise InvalidImage("corrupt")
    return layout


def strip(view: memoryview, layout: Layout) -> list[Patch]:
    """Patches that remove positions; a chunk that can't be edited in place becomes padding.

    Raises InvalidImage when there are too many chunks to look into.
    """
    patches: list[Patch] = []
    budget, blocks = len(view) + SPARE_TEXT_BYTES, 0
    for chunk in _chunks(view):
        if chunk.kind == b"eXIf":
            count_blocks(blocks := blocks + 1)
            patches += _with_crc(view, chunk, chunk.start, exif.patches(_data(view, chunk)))
        elif chunk.kind in _TEXT:
            text = _text(view, chunk)
            if _GPS_KEYWORD.match(text.keyword):
                patches += _neutralised(chunk)
            elif text.keyword == _XMP_KEYWORD or _PROFILE.fullmatch(text.keyword):
                count_blocks(blocks := blocks + 1)
                found, inflated = _stripped_text(view, chunk, text, budget)
                patches += found
                budget -= inflated
    return patches


def without_metadata(view: memoryview) -> bytes:
    """The same picture of what says something about its pixels, and is sound."""
    kept = [
        view[chunk.start - 8 : chunk.end + 4]
        for chunk in _chunks(view)
        if chunk.kind in _PIXELS and (chunk.kind in _CRITICAL or _is_sound(view, chunk))
    ]
    return b"".join([SIGNATURE, *kept])


def _chunks(view: memoryview) -> Iterator[_Chunk]:
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
        yield _Chunk(kind, start, end)
        at = end + 4


def _is_sound(view: memoryview, chunk: _Chunk) -> bool:
    return zlib.crc32(view[chunk.start - 4 : chunk.end]) == number(view, chunk.end, 4)


def _header(view: memoryview, chunk: _Chunk) -> Layout:
    if chunk.kind == b"CgBI":  # Apple's own, for programs on iPhones
        raise InvalidImage("unshown_png")
    if chunk.kind != b"IHDR" or chunk.end - chunk.start != 13 or not _is_sound(view, chunk):
        raise InvalidImage("corrupt")
    layout = Layout(number(view, chunk.start, 4), number(view, chunk.start + 4, 4))
    if not layout.width or not layout.height:
        raise InvalidImage("corrupt")
    depth, color, compression, filtering, interlacing = view[chunk.start + 8 : chunk.end]
    possible = depth in _DEPTHS.get(color, ()) and not compression and not filtering
    if not possible or interlacing > 1 or max(layout.width, layout.height) > _MAX_SIDE:
        raise InvalidImage("unshown_png")
    return layout


# --- Metadata --------------------------------------------------------------------------------


def _stripped_text(
    view: memoryview, chunk: _Chunk, text: _Text, budget: int
) -> tuple[list[Patch], int]:
    """What takes the position out of a text, and how many bytes were inflated for that."""
    content = _content(view, chunk, text, budget)
    if content is None:
        return _neutralised(chunk), budget
    is_xmp = text.keyword == _XMP_KEYWORD
    found = xmp.patches(content) if is_xmp else _profile_patches(content)
    if not text.compressed:
        return _with_crc(view, chunk, text.start, found), 0
    if not found:
        return [], len(content)
    # What follows the end of a compressed text is read by nobody.
    packed = zlib.compress(_edited(content, found), 9)
    room = chunk.end - text.start
    if len(packed) > room:
        return _neutralised(chunk), len(content)
    replaced = [(0, packed.ljust(room, b"\x00"))]
    return _with_crc(view, chunk, text.start, replaced), len(content)


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


def _content(view: memoryview, chunk: _Chunk, text: _Text, budget: int) -> Bytes | None:
    """The text; nothing if it can't be inflated, None if it is longer than the budget."""
    if not text.compressed:
        return view[text.start : chunk.end]
    try:
        content = zlib.decompressobj().decompress(view[text.start : chunk.end], budget + 1)
    except zlib.error:
        return b""
    return content if len(content) <= budget else None


def _profile_patches(content: Bytes) -> list[Patch]:
    """The same patches as of the EXIF or XMP that the hex digits stand for."""
    match = _PROFILE_TEXT.match(content)
    if match is None:
        return []
    digits = match[1].translate(None, b" \t\n\r\v\f")
    profile = unhexlify(digits[: len(digits) // 2 * 2])
    skipped = len(_EXIF_PREFIX) if profile.startswith(_EXIF_PREFIX) else 0
    body = profile[skipped:]
    found = exif.patches(body) or xmp.patches(body)
    if not found:
        return []
    edited = hexlify(profile[:skipped] + _edited(body, found))
    # Line breaks are skipped, wherever they are.
    return [(match.start(1), edited.ljust(len(match[1]), b"\n"))]


def _edited(data: Bytes, patches: list[Patch]) -> bytearray:
    edited = bytearray(data)
    for at, replacement in patches:
        edited[at : at + len(replacement)] = replacement
    return edited


def _with_crc(view: memoryview, chunk: _Chunk, start: int, patches: list[Patch]) -> list[Patch]:
    """Patches of what begins at ``start`` in the chunk, as patches of the file, and its CRC."""
    if not patches:
        return []
    if not _is_sound(view, chunk):
        # A right CRC would make readers believe what they skipped before.
        return _neutralised(chunk)
    placed = merge([(start + at, replacement) for at, replacement in patches])
    crc, at = zlib.crc32(chunk.kind), chunk.start
    for place, replacement in placed:
        crc = zlib.crc32(replacement, zlib.crc32(view[at:place], crc))
        at = place + len(replacement)
    return [*placed, (chunk.end, zlib.crc32(view[at : chunk.end], crc).to_bytes(4))]


def _data(view: memoryview, chunk: _Chunk) -> memoryview:
    return view[chunk.start : chunk.end]


def _neutralised(chunk: _Chunk) -> list[Patch]:
    blank = bytes(chunk.end - chunk.start)
    crc = zlib.crc32(blank, zlib.crc32(_NEUTRAL)).to_bytes(4)
    return [(chunk.start - 4, b"".join((_NEUTRAL, blank, crc)))]
