"""AVIF: boxes of ISO/IEC 14496-12, items of ISO/IEC 23008-12 (HEIF)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from media_staging.containers import boxes
from media_staging.containers.boxes import Box, Cursor, box_at, children
from media_staging.containers.invalid import InvalidImage
from media_staging.containers.reading import Block, Extent, Layout, count_parts, cut, number

_BRANDS: Final = frozenset((b"avif", b"avis"))
_HEIF_BRANDS: Final = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)
_MOST_BRANDS: Final = 4096  # bytes
_TOP_LEVEL: Final = frozenset(
    (b"ftyp", b"meta", b"mdat", b"moov", b"moof", b"free", b"skip", b"uuid", b"wide", b"mfra")
)
_SAMPLE_TABLE: Final = (b"trak", b"mdia", b"minf", b"stbl", b"stsz")
# By the axis of a mirror (imir), which comes after the quarters to the left (irot); AVIF has no
# other orientation, whatever its EXIF says.
_ORIENTATIONS: Final = {None: (1, 8, 3, 6), 0: (4, 5, 2, 7), 1: (2, 7, 4, 5)}
_NCLX: Final = int.from_bytes(b"nclx")  # a colour space by numbers, not by a profile
_XMP_TYPE: Final = b"application/rdf+xml"


@dataclass(slots=True)
class _Meta:
    primary: int = 0
    exif_items: set[int] = field(default_factory=set)
    xmp_items: set[int] = field(default_factory=set)
    properties: list[Box] = field(default_factory=list)
    associations: dict[int, list[int]] = field(default_factory=dict)
    inside: Extent = (0, 0)  # the item data box, which items may lie in
    extents: dict[int, Block] = field(default_factory=dict)


def walk(view: memoryview) -> Layout:
    """Walk the boxes and the extents of every item; raises InvalidImage.

    Bytes after the last known box are accepted. The size is as displayed.
    """
    _check_brands(view)
    top = list(_top_level(view))
    moov = next((box for box in top if box.kind == b"moov"), None)
    meta_box = next((box for box in top if box.kind == b"meta"), None)
    if meta_box is None or (moov is None and bytes(view[8:12]) == b"avis"):
        raise InvalidImage("truncated")
    meta = _meta(view, meta_box)
    layout = _layout(view, meta)
    if moov:
        layout.frames = _frames(view, moov)
        layout.positions = boxes.positions(view, moov)
    layout.exif = [block for item in meta.exif_items if (block := _exif_block(view, meta, item))]
    layout.xmp = [meta.extents[item] for item in meta.xmp_items if meta.extents.get(item)]
    _check_sizes(view, layout)
    return layout


def _check_sizes(view: memoryview, layout: Layout) -> None:
    """Extents may overlap; a small file must not claim gigabytes of metadata by that."""
    blocks = layout.exif + layout.xmp
    if sum(end - start for block in blocks for start, end in block) > len(view):
        raise InvalidImage("corrupt")


def _check_brands(view: memoryview) -> None:
    """By the first box, of which there may be a part only: what a cut HEIC is shall be said."""
    end = min(number(view, 0, 4), len(view), _MOST_BRANDS)
    brands = {bytes(view[at : at + 4]) for at in (8, *range(16, end - 3, 4))}
    if not brands & _BRANDS:
        raise InvalidImage("heic" if brands & _HEIF_BRANDS else "unsupported_format")


def _top_level(view: memoryview) -> Iterator[Box]:
    """Every box to the end; what isn't a box, or a stranger cut short, ends the image."""
    at, parts = 0, 0
    while at + 8 <= len(view):
        count_parts(parts := parts + 1)
        known = bytes(view[at + 4 : at + 8]) in _TOP_LEVEL
        try:
            box = box_at(view, at, len(view))
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


def _meta(view: memoryview, box: Box) -> _Meta:
    meta = _Meta()
    locations: Box | None = None
    for child in children(view, box, skip=4):
        if child.kind == b"pitm":
            cursor = Cursor(view, child)
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


def _item_infos(view: memoryview, box: Box, meta: _Meta) -> None:
    version = Cursor(view, box).take(4) >> 24
    for child in children(view, box, skip=6 if version == 0 else 8):
        cursor = Cursor(view, child)
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


def _properties(view: memoryview, box: Box, meta: _Meta) -> None:
    for child in children(view, box):
        if child.kind == b"ipco":
            meta.properties += children(view, child)
        elif child.kind == b"ipma":
            _associations(Cursor(view, child), meta)


def _associations(cursor: Cursor, meta: _Meta) -> None:
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


def _item_locations(view: memoryview, box: Box, meta: _Meta) -> None:
    cursor = Cursor(view, box)
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
    return cut(block, 4 + number(view, block[0][0], 4))


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
    layout = Layout(width, height)
    turns = next((Cursor(view, box).take(1) & 3 for box in own if box.kind == b"irot"), 0)
    mirrored = next((Cursor(view, box).take(1) & 1 for box in own if box.kind == b"imir"), None)
    layout.turn(_ORIENTATIONS[mirrored][turns])
    colors = [Cursor(view, box) for box in own if box.kind == b"colr"]
    layout.color = next((_color(cursor) for cursor in colors if cursor.take(4) == _NCLX), None)
    return layout


def _color(cursor: Cursor) -> tuple[int, int]:
    return cursor.take(2), cursor.take(2)


def _size(view: memoryview, box: Box) -> tuple[int, int]:
    cursor = Cursor(view, box)
    cursor.take(4)
    return cursor.take(4), cursor.take(4)


def _frames(view: memoryview, moov: Box) -> int:
    """The samples of the longest track: colour and alpha are tracks of the same length."""
    boxes = [moov]
    for kind in _SAMPLE_TABLE:
        boxes = [child for box in boxes for child in children(view, box) if child.kind == kind]
    counts = [_sample_count(view, box) for box in boxes]
    return max(counts, default=1) or 1


def _sample_count(view: memoryview, box: Box) -> int:
    cursor = Cursor(view, box)
    cursor.take(4)
    size, count = cursor.take(4), cursor.take(4)
    if size == 0 and count * 4 > box.end - cursor.at:
        raise InvalidImage("corrupt")
    return count
