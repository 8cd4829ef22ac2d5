"""Outlines: how they are written down, made smooth and placed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]


def points(text: str) -> list[Point]:
    """An outline from its text: "x,y" with spaces between, "x,y*" for a sharp corner."""
    found: list[Point] = []
    for word in text.split():
        x, y = word.rstrip("*").split(",")
        found += [(float(x), float(y))] * (2 if word.endswith("*") else 1)
    return found


def smooth(path: Sequence[Point], *, closed: bool = False, steps: int = 12) -> list[Point]:
    """A Catmull-Rom curve through the points. A point given twice is a sharp corner."""
    ends = [path[-1], *path, path[0], path[1]] if closed else [path[0], *path, path[-1]]
    curve: list[Point] = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        if b != c:
            curve += [_catmull(a, b, c, d, step / steps) for step in range(steps)]
    return [*curve, ends[-2]]


def _catmull(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    def one(p0: float, p1: float, p2: float, p3: float) -> float:
        bend = 3 * (p1 - p2) + p3 - p0
        return p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * bend))

    return one(a[0], b[0], c[0], d[0]), one(a[1], b[1], c[1], d[1])


def mirrored(half: Sequence[Point]) -> list[Point]:
    """The right half of an outline, from top to bottom, and its mirror image back up."""
    return [*half, *[(-x, y) for x, y in reversed(half)]]


def flipped(path: Sequence[Point], side: int) -> list[Point]:
    """The outline as it is (1) or its mirror image (-1)."""
    return [(x * side, y) for x, y in path]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a drawing around (0, 0) in its own units goes on a layer, in pixels."""

    x: float
    y: float
    scale: float = 1.0
    turn: float = 0.0  # radians, clockwise

    def at(self, path: Sequence[Point]) -> list[Point]:
        cos, sin = math.cos(self.turn) * self.scale, math.sin(self.turn) * self.scale
        return [(self.x + x * cos - y * sin, self.y + x * sin + y * cos) for x, y in path]

    def affine(self, middle: Point) -> tuple[float, float, float, float, float, float]:
        """What Image.transform needs to put a sheet here by its middle."""
        cos, sin = math.cos(self.turn) / self.scale, math.sin(self.turn) / self.scale
        return (
            *(cos, sin, middle[0] - self.x * cos - self.y * sin),
            *(-sin, cos, middle[1] + self.x * sin - self.y * cos),
        )
