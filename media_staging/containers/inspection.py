"""From bytes to an Inspection: tell the format, walk it, apply the limits, plan the patches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from media_staging.containers import avif, exif, gif, jpeg, png, webp, xmp
from media_staging.containers.invalid import InvalidImage
from media_staging.containers.reading import (
    Buffer,
    Layout,
    Patch,
    count_blocks,
    gather,
    merge,
    scatter,
)

# An animation may hold this many times the pixels of one image, over all its frames.
ANIMATION_FACTOR: Final = 4

# An image is absurd when its longest side is over both: 1 x 60,000 is refused, a banner of
# 8,000 x 100 and a page capture of 1,000 x 30,000 are not.
ABSURD_SIDE: Final = 20_000  # pixels
ABSURD_RATIO: Final = 50


@dataclass(frozen=True, slots=True)
class Inspection:
    """What an upload is, and how to take the position out of it.

    ``width`` and ``height`` are pixels as browsers display them; ``orientation``, from 1 (upright)
    to 8 as in EXIF, is how they turn the stored ones for that. Each patch is an offset
    and its replacement of the same length; patches are sorted, don't overlap, and are empty when
    there is nothing to remove.
    """

    format: str
    content_type: str
    extension: str
    width: int
    height: int
    frames: int
    orientation: int
    patches: tuple[Patch, ...]


class Format(NamedTuple):
    """One of the five, and its two functions."""

    name: str
    extension: str
    walk: Callable[[memoryview], Layout]
    strip: Callable[[memoryview, Layout], list[Patch]]


def strip(view: memoryview, layout: Layout) -> list[Patch]:
    """What takes the position out of EXIF, XMP and the rest; the later of two that overlap counts.

    Not for PNG, whose chunks have checksums.
    """
    found = list(layout.positions)
    for block in layout.exif:
        found += scatter(exif.patches(gather(view, block)), block)
    for block in layout.xmp:
        found += scatter(xmp.patches(gather(view, block)), block)
    return found


_JPEG: Final = Format("jpeg", "jpg", jpeg.walk, strip)
_PNG: Final = Format("png", "png", png.walk, png.strip)
_WEBP: Final = Format("webp", "webp", webp.walk, strip)
_GIF: Final = Format("gif", "gif", gif.walk, strip)
_AVIF: Final = Format("avif", "avif", avif.walk, strip)


def inspect(data: Buffer, *, max_pixels: int, strip_location: bool) -> Inspection:
    """Inspect an upload without decoding its pixels.

    Reads ``data`` in place, in time and memory linear in its length, and raises InvalidImage
    for everything that isn't a whole JPEG, PNG, WebP, GIF or AVIF image within the limits.
    Keeps no reference to ``data``, so that a mapped file can be closed afterwards.
    """
    try:
        with memoryview(data) as whole, whole.cast("B") as view:
            return _inspect(view, max_pixels, strip_location)
    except InvalidImage as error:
        refusal = error.code
    # Raised anew: the first one's traceback keeps parts of the buffer alive.
    raise InvalidImage(refusal)


def _inspect(view: memoryview, max_pixels: int, strip_location: bool) -> Inspection:
    form, layout = look(view)
    _check_limits(layout, max_pixels)
    patches = merge(form.strip(view, layout) if strip_location else [])
    return Inspection(
        format=form.name,
        content_type=f"image/{form.name}",
        extension=form.extension,
        width=layout.width,
        height=layout.height,
        frames=layout.frames,
        orientation=layout.orientation,
        patches=tuple(patch for patch in patches if _changes(view, *patch)),
    )


def _changes(view: memoryview, at: int, replacement: bytes) -> bool:
    return view[at : at + len(replacement)] != replacement


def look(view: memoryview) -> tuple[Format, Layout]:
    """The format and what its walk finds, whatever the limits; raises InvalidImage."""
    form = _format(bytes(view[:16]))
    return form, form.walk(view)


def _format(head: bytes) -> Format:
    if not head:
        raise InvalidImage("empty")
    if head.startswith(b"\xff\xd8\xff"):
        return _JPEG
    if head.startswith(png.SIGNATURE):
        return _PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _WEBP
    if head.startswith((b"GIF87a", b"GIF89a")):
        return _GIF
    if head[4:8] == b"ftyp":
        return _AVIF
    raise InvalidImage("unsupported_format")


def _check_limits(layout: Layout, max_pixels: int) -> None:
    pixels = layout.width * layout.height
    shortest, longest = sorted((layout.width, layout.height))
    count_blocks(len(layout.exif) + len(layout.xmp))
    if pixels > max_pixels:
        raise InvalidImage("too_many_pixels")
    if longest > ABSURD_SIDE and longest > ABSURD_RATIO * shortest:
        raise InvalidImage("absurd_shape")
    if layout.frames > 1 and pixels * layout.frames > ANIMATION_FACTOR * max_pixels:
        raise InvalidImage("animation_too_large")
