"""AVIF: boxes of ISO/IEC 14496-12, items of ISO/IEC 23008-12 (HEIF)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from media_staging.intake.containers.invalid import InvalidImage
from media_staging.intake.containers.reading import Block, Extent, Layout, count_parts, number

_BRANDS: Final = frozenset((b"avif", b"avis"))
_HEIF_BRANDS: Final = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)
_TOP_LEVEL: Final = frozenset(
    (b"ftyp", b"meta", b"mdat", b"moov", b"moof", b"free", b"skip", b"uuid", b"wide", b"mfra")
)
_SAMPLE_TABLE: Final = (b"trak", b"mdia", b"minf", b"stbl", b"stsz")
_STRING: Final = re.compile(rb"([^\x00]*)\x00")
_XMP_TYPE: Final = b"application/rdf+xml"


class _Box(NamedTuple):
    kind: bytes
    start: int
    end: int


@dataclass(slots=True)
class _Meta:
    primary: int = 0
    exif_items: set[int] = field(default_factory=set)
    xmp_items: set[int] = field(default_factory=set)
    properties: list[_Box] = field(default_factory=list)
    associations: dict[int, list[int]] = field(default_factory=dict)
    inside: Extent = (0, 0)  # the item data box, which items may lie in
    extents: dict[int, Block] = field(default_factory=dict)


class _Cursor:
    """Reads the numbers of one box one after another; raises InvalidImage("corrupt")."""

    def __init__(self, view: memoryview, box: _Box) -> None:
        self.view, self.at, self.end = view, box.start, box.end

    def take(self, size: int) -> int:
        if self.at + size > self.end:
            raise InvalidImage("corrupt")
        self.at += size
        return number(self.view, self.at - size, size)

    def string(self) -> bytes:
        match = _STRING.match(self.view, self.at, self.end)
        self.at = match.end() if match else self.end
        return match[1] if match else b""


def walk(view: memoryview) -> Layout:
    """Walk the boxes and the extents of every item; raises InvalidImage.

    Bytes after the last known box are accepted. The size is as displayed, rotation applied.
    """
    top = list(_top_level(view))
    _check_brands(view, top[0])
    moov = next((box for box in top if box.kind == b"moov"), None)
    meta_box = next((box for box in top if box.kind == b"meta"), None)
    if meta_box is None or (moov is None and bytes(view[8:12]) == b"avis"):
        raise InvalidImage("truncated")
    meta = _meta(view, meta_box)
    layout = _layout(view, meta)
    layout.frames = _frames(view, moov) if moov else 1
    layout.exif = [block for item in meta.exif_items if (block := _exif_block(view, meta, item))]
    layout.xmp = [meta.extents[item] for item in meta.xmp_items if meta.extents.get(item)]
    _check_sizes(view, layout)
    return layout


def _check_sizes(view: memoryview, layout: Layout) -> None:
    """Extents may overlap; a small file must not claim gigabytes of metadata by that."""
    blocks = layout.exif + layout.xmp
    if sum(end - start for block in blocks for start, end in block) > len(view):
        raise InvalidImage("corrupt")


def _check_brands(view: memoryview, box: _Box) -> None:
    end = min(box.end, box.start + 4096)
    brands = {bytes(view[at : at + 4]) for at in (box.start, *range(box.start + 8, end - 3, 4))}
    if not brands & _BRANDS:
        raise InvalidImage("heic" if brands & _HEIF_BRANDS else "unsupported_format")


def _box(view: memoryview, at: int, end: int) -> _Box:
    """The box at ``at``, whose end may lie after ``end``."""
    size, kind, header = number(view, at, 4), bytes(view[at + 4 : at + 8]), 8
    if len(kind) < 4:
        raise InvalidImage("truncated")
    if size == 1:
        size, header = number(view, at + 8, 8), 16
    elif size == 0:
        size = end - at
    if size < header:
        raise InvalidImage("corrupt")
    return _Box(kind, at + header, at + size)


def _top_level(view: memoryview) -> Iterator[_Box]:
    """Every box to the end; what isn't a box, or a stranger cut short, ends the image."""
    at, parts = 0, 0
    while at + 8 <= len(view):
        count_parts(parts := parts + 1)
        known = bytes(view[at + 4 : at + 8]) in _TOP_LEVEL
        try:
            box = _box(view, at, len(view))
        except InvalidImage:
            if known:
                raise
            return
        if box.end > len(view):
            if known:
                raise InvalidImage("truncated")
            return
        yield box
        at = box.end


def _children(view: memoryview, parent: _Box, skip: int = 0) -> Iterator[_Box]:
    """The boxes in a box, after ``skip`` bytes of its own."""
    at, parts = parent.start + skip, 0
    while at + 8 <= parent.end:
        count_parts(parts := parts + 1)
        box = _box(view, at, parent.end)
        if box.end > parent.end:
            raise InvalidImage("corrupt")
        yield box
        at = box.end


def _meta(view: memoryview, box: _Box) -> _Meta:
    meta = _Meta()
    locations: _Box | None = None
    for child in _children(view, box, skip=4):
        if child.kind == b"pitm":
            cursor = _Cursor(view, child)
            meta.primary = cursor.take(4 if cursor.take(4) >> 24 else 2)
        elif child.kind == b"iinf":
            _item_infos(view, child, meta)
        elif child.kind == b"iprp":
            _properties(view, child, meta)
        elif child.kind == b"idat":
            meta.inside = (child.start, child.end)
        elif child.kind == b"iloc":
            locations = child
    if locations is None:
        raise InvalidImage("corrupt")
    _item_locations(view, locations, meta)
    return meta


def _item_infos(view: memoryview, box: _Box, meta: _Meta) -> None:
    version = _Cursor(view, box).take(4) >> 24
    for child in _children(view, box, skip=6 if version == 0 else 8):
        cursor = _Cursor(view, child)
        version = cursor.take(4) >> 24
        if child.kind != b"infe" or version < 2:
            continue
        item = cursor.take(2 if version == 2 else 4)
        cursor.take(2)
        kind = cursor.take(4).to_bytes(4, "big")
        if kind == b"Exif":
            meta.exif_items.add(item)
        elif kind == b"mime":
            cursor.string()
            if cursor.string().lower() == _XMP_TYPE:
                meta.xmp_items.add(item)


def _properties(view: memoryview, box: _Box, meta: _Meta) -> None:
    for child in _children(view, box):
        if child.kind == b"ipco":
            meta.properties += _children(view, child)
        elif child.kind == b"ipma":
            _associations(_Cursor(view, child), meta)


def _associations(cursor: _Cursor, meta: _Meta) -> None:
    flags = cursor.take(4)
    wide = flags & 1
    entries = cursor.take(4)
    count_parts(entries)
    for _ in range(entries):
        item = cursor.take(4 if flags >> 24 else 2)
        count = cursor.take(1)
        count_parts(entries := entries + count)
        indexes = [cursor.take(1 + wide) for _ in range(count)]
        mask = 0x7FFF if wide else 0x7F
        meta.associations.setdefault(item, []).extend(index & mask for index in indexes)


def _item_locations(view: memoryview, box: _Box, meta: _Meta) -> None:
    cursor = _Cursor(view, box)
    version = cursor.take(4) >> 24
    sizes = cursor.take(2)
    offset_size, length_size, base_size = (sizes >> shift & 15 for shift in (12, 8, 4))
    index_size = sizes & 15 if version else 0
    items = cursor.take(4 if version == 2 else 2)
    parts = items
    for _ in range(items):
        item = cursor.take(4 if version == 2 else 2)
        method = cursor.take(2) & 15 if version else 0
        local = cursor.take(2) == 0  # not in another file
        base = cursor.take(base_size)
        extents: list[Extent] = []
        count = cursor.take(2)
        count_parts(parts := parts + count)
        for _ in range(count):
            cursor.take(index_size)
            start, length = base + cursor.take(offset_size), cursor.take(length_size)
            if local and method < 2:
                extents.append(_located(view, meta, method, start, length))
        meta.extents[item] = extents


def _located(view: memoryview, meta: _Meta, method: int, start: int, length: int) -> Extent:
    """An extent of the file (method 0) or of the item data box (1); length 0 is to its end."""
    first, last = meta.inside if method else (0, len(view))
    start += first
    end = start + length if length else last
    if start > last or end > last:
        raise InvalidImage("corrupt" if method else "truncated")
    return (start, end)


def _exif_block(view: memoryview, meta: _Meta, item: int) -> Block:
    """The item from its TIFF header on, whose offset its first four bytes tell."""
    block = meta.extents.get(item, [])
    if not block or block[0][1] - block[0][0] < 4:
        return []
    return _without_head(block, 4 + number(view, block[0][0], 4))


def _without_head(block: Block, head: int) -> Block:
    rest: list[Extent] = []
    for start, end in block:
        skipped = min(head, end - start)
        head -= skipped
        if start + skipped < end:
            rest.append((start + skipped, end))
    return rest


def _layout(view: memoryview, meta: _Meta) -> Layout:
    """The primary item's size, or the largest there is when it declares none."""
    own = [
        meta.properties[index - 1]
        for index in meta.associations.get(meta.primary, [])
        if 0 < index <= len(meta.properties)
    ]
    sizes = [_size(view, box) for box in own if box.kind == b"ispe"]
    sizes = sizes or [_size(view, box) for box in meta.properties if box.kind == b"ispe"]
    width, height = max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))
    if not width or not height:
        raise InvalidImage("corrupt")
    turns = next((_Cursor(view, box).take(1) & 3 for box in own if box.kind == b"irot"), 0)
    return Layout(height, width) if turns % 2 else Layout(width, height)


def _size(view: memoryview, box: _Box) -> tuple[int, int]:
    cursor = _Cursor(view, box)
    cursor.take(4)
    return cursor.take(4), cursor.take(4)


def _frames(view: memoryview, moov: _Box) -> int:
    """The samples of the longest track: colour and alpha are tracks of the same length."""
    boxes = [moov]
    for kind in _SAMPLE_TABLE:
        boxes = [child for box in boxes for child in _children(view, box) if child.kind == kind]
    counts = [_sample_count(view, box) for box in boxes]
    return max(counts, default=1) or 1


def _sample_count(view: memoryview, box: _Box) -> int:
    cursor = _Cursor(view, box)
    cursor.take(4)
    size, count = cursor.take(4), cursor.take(4)
    if size == 0 and count * 4 > box.end - cursor.at:
        raise InvalidImage("corrupt")
    return count
