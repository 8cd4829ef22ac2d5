"""Things turned on a wheel or a lathe: a profile spun around an upright axis.

They are painted as a stack of discs from the bottom up. What stays visible of each disc is its
front edge, or its top where the next one is smaller, which is just what a camera a little above
the table sees.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw

from products.demo.curves import Point, smooth
from products.demo.light import Finish, Light, light, reflect

PAPER = Finish((255, 255, 255), 0.05)
STRIP = 144  # samples around the visible half of a disc
TILTS = 40  # steps of steepness, from straight down to straight up

FinishAt = Callable[[float], Finish]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a turned thing stands. `pitch`: how far the camera looks down, in radians."""

    x: float
    y: float
    pitch: float = 0.22
    flip: bool = False  # the picture will be turned upside down: let light come from below


@dataclass(frozen=True, slots=True)
class Slice:
    height: float
    radius: float
    tilt: float  # sine of the surface's steepness: 0 upright wall, 1 faces up


def turn(
    layer: Image.Image,
    stand: Stand,
    profile: Sequence[Point],
    finish: Finish | FinishAt,
    wrap: Image.Image | None = None,
) -> None:
    """Paint the profile, points of (height, radius) in pixels from the bottom up.

    `finish` may depend on the height. `wrap` is a print as tall as the profile that goes around
    the front half, transparent where the finish shows.
    """
    finish_at = (lambda _: finish) if isinstance(finish, Finish) else finish
    for cut in slices(profile):
        strip = _strip(finish_at(cut.height), _step(-cut.tilt if stand.flip else cut.tilt))
        if wrap is not None:
            strip = _printed(strip, wrap, cut)
        _paste_disc(layer, stand, cut.height, cut.radius, strip, front=cut.tilt < 0.4)


def lid(layer: Image.Image, stand: Stand, height: float, radius: float, finish: Finish) -> None:
    """A flat round top."""
    strip = _strip(finish, _step(-0.95 if stand.flip else 0.95))
    _paste_disc(layer, stand, height, radius, strip)


def hollow(
    layer: Image.Image,
    stand: Stand,
    height: float,
    profile: Sequence[Point],
    finish: Finish,
    fill: Finish | None = None,
) -> None:
    """Paint the inside seen through an opening at `height`.

    The profile is (depth, radius) from the rim down; `fill` is what lies at its bottom.
    """
    opening = _disc(*_disc_size(stand, profile[0][1]))
    box = _disc_box(stand, height, profile[0][1])
    inside = layer.crop((box[0], box[1], box[0] + opening.width, box[1] + opening.height))
    local = Stand(stand.x - box[0], stand.y - box[1], stand.pitch, stand.flip)
    deepest = profile[-1][0]
    for cut in slices(profile, 2.4):
        dim = 1 - round(40 * math.sqrt(max(0.0, cut.height / deepest))) / 80
        dimmed = Finish(_scaled(finish.colour, dim), finish.gloss * 0.5, finish.clear)
        strip = _strip(dimmed, _step(0.0)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        _paste_disc(inside, local, height - cut.height, cut.radius, strip)
    if fill:
        lid(inside, local, height - deepest, profile[-1][1], fill)
    layer.paste(inside, box, opening)


def slices(profile: Sequence[Point], step: float = 1.8) -> Iterator[Slice]:
    """The profile as a smooth curve, in steps of about so many pixels."""
    for (h0, r0), (h1, r1) in pairwise(smooth(profile)):
        length = math.hypot(h1 - h0, r1 - r0)
        tilt = -(r1 - r0) / length if length else 0.0
        steps = max(1, round(length / step))
        for index in range(steps):
            share = index / steps
            yield Slice(h0 + (h1 - h0) * share, r0 + (r1 - r0) * share, tilt)


def _scaled(colour: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    return int(colour[0] * share), int(colour[1] * share), int(colour[2] * share)


def _step(tilt: float) -> int:
    return round(max(-1.0, min(1.0, tilt)) * TILTS / 2)


@lru_cache(maxsize=2048)
def _strip(finish: Finish, step: int) -> Image.Image:
    """One row of the surface from its left edge to its right edge."""
    row = b"".join(bytes(reflect(finish, each)) for each in _lights(finish.gloss, step))
    return Image.frombytes("RGBA", (STRIP, 1), row)


@lru_cache(maxsize=1024)
def _lights(gloss: float, step: int) -> list[Light]:
    ny = step / (TILTS / 2)
    level = math.sqrt(1 - ny * ny)
    across = [(index + 0.5) / STRIP * 2 - 1 for index in range(STRIP)]
    return [light(gloss, x * level, ny, math.sqrt(1 - x * x) * level) for x in across]


def _printed(strip: Image.Image, wrap: Image.Image, cut: Slice) -> Image.Image:
    """The strip with this height's row of the print over it, lit like paper."""
    row = min(wrap.height - 1, max(0, wrap.height - 1 - int(cut.height)))
    ink = wrap.crop((0, row, wrap.width, row + 1))
    paper = _strip(PAPER, _step(cut.tilt)).resize(ink.size, Image.Resampling.BILINEAR)
    printed = strip.resize(ink.size, Image.Resampling.BILINEAR)
    printed.paste(ImageChops.multiply(paper, ink), (0, 0), ink.getchannel("A"))
    return printed


def around(flat: Image.Image) -> Image.Image:
    """A flat print as it looks around the front half of a cylinder."""
    bent = Image.new(flat.mode, flat.size)
    for x in range(flat.width):
        angle = math.asin((x + 0.5) / flat.width * 2 - 1)
        source = min(flat.width - 1, int((angle / math.pi + 0.5) * flat.width))
        bent.paste(flat.crop((source, 0, source + 1, flat.height)), (x, 0))
    return bent


def _disc_size(stand: Stand, radius: float) -> tuple[int, int]:
    return max(2, round(radius) * 2), max(2, round(radius * math.sin(stand.pitch)) * 2)


def _disc_box(stand: Stand, height: float, radius: float) -> tuple[int, int]:
    wide, tall = _disc_size(stand, radius)
    middle = stand.y - height * math.cos(stand.pitch)
    return round(stand.x - wide / 2), round(middle - tall / 2)


@lru_cache(maxsize=1024)
def _disc(wide: int, tall: int) -> Image.Image:
    mask = Image.new("L", (wide * 2, tall * 2))
    ImageDraw.Draw(mask).ellipse((0, 0, wide * 2 - 1, tall * 2 - 1), fill=255)
    return mask.reduce(2)


@lru_cache(maxsize=1024)
def _half_disc(wide: int, tall: int) -> Image.Image:
    return _disc(wide, tall).crop((0, tall // 2, wide, tall))


def _paste_disc(
    layer: Image.Image,
    stand: Stand,
    height: float,
    radius: float,
    strip: Image.Image,
    *,
    front: bool = False,
) -> None:
    """`front`: its front half is enough, because the next disc hides the rest."""
    wide, tall = _disc_size(stand, radius)
    left, top = _disc_box(stand, height, radius)
    mask = _half_disc(wide, tall) if front else _disc(wide, tall)
    row = strip.resize((wide, 1), Image.Resampling.BILINEAR)
    body = row.resize(mask.size, Image.Resampling.NEAREST)
    layer.paste(body, (left, top + tall - mask.height), mask)
