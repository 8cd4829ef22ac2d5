"""Bounds-checked reading, and blocks of metadata that lie in several pieces of a file."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from mmap import mmap
from typing import Final, Literal, TypeAlias

from media_staging.containers.invalid import InvalidImage

Buffer: TypeAlias = bytes | bytearray | memoryview | mmap
Bytes: TypeAlias = bytes | memoryview
ByteOrder: TypeAlias = Literal["big", "little"]
Extent: TypeAlias = tuple[int, int]  # start and end, in bytes from the start of the file
Block: TypeAlias = Sequence[Extent]  # one piece of metadata, in reading order
Patch: TypeAlias = tuple[int, bytes]  # offset and replacement of the same length

# A container of this many segments, chunks or boxes is an attack on the reader: a PNG of
# 25 MiB in chunks of 4 KiB has 6,400.
MAX_PARTS: Final = 20_000
# So are this many pieces of EXIF and XMP: a photo with its previews has a dozen.
MAX_BLOCKS: Final = 64


@dataclass(slots=True)
class Layout:
    """What a walk through one container found; sizes in pixels as they will be displayed."""

    width: int
    height: int
    frames: int = 1
    orientation: int = 1  # as in EXIF: how browsers turn the stored pixels
    color: tuple[int, int] | None = None  # primaries and transfer function of ITU-T H.273
    exif: list[Block] = field(default_factory=list)  # each starts at its TIFF header
    xmp: list[Block] = field(default_factory=list)
    positions: list[Patch] = field(default_factory=list)  # what removes those of neither

    def turn(self, orientation: int) -> None:
        """Have stored pixels shown as an EXIF orientation says, which may swap the sides."""
        self.orientation = orientation
        if 5 <= orientation <= 8:
            self.width, self.height = self.height, self.width


def number(view: memoryview, at: int, size: int, order: ByteOrder = "big") -> int:
    """The unsigned integer of ``size`` bytes at ``at``; raises InvalidImage("truncated")."""
    piece = view[at : at + size]
    if len(piece) < size:
        raise InvalidImage("truncated")
    return int.from_bytes(piece, order)


def count_parts(parts: int) -> None:
    """Raise InvalidImage("corrupt") when a container has more than MAX_PARTS parts."""
    if parts > MAX_PARTS:
        raise InvalidImage("corrupt")


def count_blocks(blocks: int) -> None:
    """Raise InvalidImage("corrupt") when a container has more than MAX_BLOCKS of metadata."""
    if blocks > MAX_BLOCKS:
        raise InvalidImage("corrupt")


def cut(block: Block, start: int, end: int | None = None) -> Block:
    """Part of a block, from one offset inside of it to another, or to its end."""
    pieces: list[Extent] = []
    at = 0
    for first, last in block:
        begins = first + max(0, start - at)
        ends = last if end is None else min(last, first + end - at)
        if begins < ends:
            pieces.append((begins, ends))
        at += last - first
    return pieces


def gather(view: memoryview, block: Block) -> Bytes:
    """The bytes of a block; without a copy when it lies in one piece."""
    if len(block) == 1:
        start, end = block[0]
        return view[start:end]
    return b"".join(view[start:end] for start, end in block)


def scatter(patches: Iterable[Patch], block: Block) -> list[Patch]:
    """Turn patches of a gathered block into patches of the file it was gathered from."""
    ends = list(accumulate(end - start for start, end in block))
    scattered: list[Patch] = []
    for at, replacement in patches:
        index, done = bisect_right(ends, at), 0
        while done < len(replacement) and index < len(block):
            start, end = block[index]
            offset = start + at + done - (ends[index] - (end - start))
            piece = replacement[done : done + end - offset]
            if piece:
                scattered.append((offset, piece))
            done += len(piece)
            index += 1
    return scattered


def union(extents: Iterable[Extent]) -> list[Extent]:
    """The same bytes as sorted extents that neither overlap nor touch."""
    merged: list[Extent] = []
    for start, end in sorted(extents):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged


def fill(extents: Iterable[Extent], byte: bytes) -> list[Patch]:
    """Patches that overwrite every byte of the extents with one byte."""
    return [(start, byte * (end - start)) for start, end in union(extents)]


def merge(patches: Sequence[Patch]) -> tuple[Patch, ...]:
    """Sorted patches that neither overlap nor touch; where two overlap, the later one wins."""
    runs = union((at, at + len(replacement)) for at, replacement in patches)
    starts = [start for start, _ in runs]
    merged = [bytearray(end - start) for start, end in runs]
    for at, replacement in patches:
        if replacement:
            run = bisect_right(starts, at) - 1
            inside = at - starts[run]
            merged[run][inside : inside + len(replacement)] = replacement
    return tuple((start, bytes(run)) for start, run in zip(starts, merged, strict=True))
