"""From bytes to an Inspection: tell the format, walk it, apply the limits, plan the patches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from media_staging.intake.containers import avif, gif, jpeg, location, png, webp
from media_staging.intake.containers.invalid import InvalidImage
from media_staging.intake.containers.reading import MAX_BLOCKS, Buffer, Layout, Patch, merge

# An animation may hold this many times the pixels of one image, over all its frames.
ANIMATION_FACTOR: Final = 4

# An image is absurd when its longest side is over both: 1 x 60,000 is refused, a banner of
# 8,000 x 100 and a page capture of 1,000 x 30,000 are not.
ABSURD_SIDE: Final = 20_000  # pixels
ABSURD_RATIO: Final = 50


@dataclass(frozen=True, slots=True)
class Inspection:
    """What an upload is, and how to take the position out of it.

    ``width`` and ``height`` are pixels as displayed: orientation applied. Each patch is an
    offset and its replacement of the same length; patches are sorted, don't overlap, and are
    empty when there is nothing to remove.
    """

    format: str
    content_type: str
    extension: str
    width: int
    height: int
    frames: int
    patches: tuple[Patch, ...]


class _Format(NamedTuple):
    name: str
    extension: str
    walk: Callable[[memoryview], Layout]
    strip: Callable[[memoryview, Layout], list[Patch]]


_JPEG: Final = _Format("jpeg", "jpg", jpeg.walk, location.strip)
_PNG: Final = _Format("png", "png", png.walk, png.strip)
_WEBP: Final = _Format("webp", "webp", webp.walk, location.strip)
_GIF: Final = _Format("gif", "gif", gif.walk, location.strip)
_AVIF: Final = _Format("avif", "avif", avif.walk, location.strip)


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
    form = _format(bytes(view[:16]))
    layout = form.walk(view)
    _check_limits(layout, max_pixels)
    patches = form.strip(view, layout) if strip_location else []
    return Inspection(
        format=form.name,
        content_type=f"image/{form.name}",
        extension=form.extension,
        width=layout.width,
        height=layout.height,
        frames=layout.frames,
        patches=merge(patches),
    )


def _format(head: bytes) -> _Format:
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
    if len(layout.exif) + len(layout.xmp) > MAX_BLOCKS:
        raise InvalidImage("corrupt")
    if pixels > max_pixels:
        raise InvalidImage("too_many_pixels")
    if longest > ABSURD_SIDE and longest > ABSURD_RATIO * shortest:
        raise InvalidImage("absurd_shape")
    if layout.frames > 1 and pixels * layout.frames > ANIMATION_FACTOR * max_pixels:
        raise InvalidImage("animation_too_large")
