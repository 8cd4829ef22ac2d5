"""The light of the studio: a softbox at the upper left, a fill on the right, a bright room.

Directions are unit vectors in the camera's frame: x to the right, y up, z towards the camera.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

Colour = tuple[int, int, int]

KEY = (-0.56, 0.52, 0.645)
FILL = (0.83, 0.10, 0.55)


@dataclass(frozen=True, slots=True)
class Finish:
    """How a surface answers to light. `gloss` 0 (chalk) to 1 (glaze); `clear` 0 (solid) to 1."""

    colour: Colour
    gloss: float = 0.4
    clear: float = 0.0


class Light(NamedTuple):
    """What arrives at the camera from a surface, whatever its colour."""

    diffuse: float  # times the colour
    shine: float  # added, 0 to 255
    cover: float  # how much of what is behind a clear surface this hides, 0 to 1


def light(gloss: float, nx: float, ny: float, nz: float) -> Light:
    """The light from a surface with this normal."""
    edge = (1 - max(nz, 0.0)) ** 3
    shine = _shine(gloss, nx, ny, nz)
    return Light(
        _diffuse(nx, ny, nz), 255 * shine + 40 * edge * gloss, min(1.0, 0.85 * edge + 1.2 * shine)
    )


def reflect(finish: Finish, light: Light) -> tuple[int, int, int, int]:
    """The RGBA that the camera sees of this surface."""
    red, green, blue = finish.colour
    diffuse, shine, cover = light
    return (
        min(255, int(red * diffuse + shine)),
        min(255, int(green * diffuse + shine)),
        min(255, int(blue * diffuse + shine)),
        int(255 * (1 - finish.clear * (1 - cover))),
    )


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with this share of `other` in it."""
    red, green, blue = (int(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def darker(colour: Colour, share: float) -> Colour:
    return mix(colour, (18, 14, 12), share)


def lighter(colour: Colour, share: float) -> Colour:
    return mix(colour, (255, 252, 246), share)


def smoothstep(low: float, high: float, value: float) -> float:
    t = min(1.0, max(0.0, (value - low) / (high - low)))
    return t * t * (3 - 2 * t)


def _diffuse(nx: float, ny: float, nz: float) -> float:
    key = max(0.0, (nx * KEY[0] + ny * KEY[1] + nz * KEY[2] + 0.30) / 1.30)
    fill = max(0.0, nx * FILL[0] + ny * FILL[1] + nz * FILL[2])
    return 0.24 + 0.74 * key + 0.10 * fill + 0.07 * ny


def _shine(gloss: float, nx: float, ny: float, nz: float) -> float:
    """The reflections of the softbox and of a narrow strip light; blurred where it is matt."""
    azimuth = math.atan2(2 * nz * nx, 2 * nz * nz - 1)
    height = math.asin(max(-1.0, min(1.0, 2 * nz * ny)))
    soft = 0.10 + 0.55 * (1 - gloss)
    box = _window(azimuth, -0.95, 0.24, soft) * _window(height, 0.28, 0.62, soft + 0.1)
    strip = _window(azimuth, 1.75, 0.10, soft) * _window(height, 0.1, 0.8, soft + 0.1)
    return gloss * (0.62 * box + 0.22 * strip) * (0.35 + 0.65 * gloss)


def _window(angle: float, centre: float, half: float, soft: float) -> float:
    return 1 - smoothstep(half - soft / 2, half + soft / 2, abs(angle - centre))
