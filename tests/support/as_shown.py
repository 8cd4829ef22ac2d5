"""What a real browser makes of a picture."""

import base64
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

SIDE = 64
# In the middle of each corner, where no color of the other three reaches.
PLACES = tuple((row, column) for row in (16, 48) for column in (16, 48))
SCRIPT = Path(__file__).with_suffix(".js").read_text()
SIGNATURES = {b"\xff\xd8": "jpeg", b"\x89P": "png", b"GI": "gif", b"RI": "webp"}


@dataclass(frozen=True)
class Shown:
    """The sides in pixels, and red, green, blue and opacity in the four corners."""

    width: int
    height: int
    colors: tuple[tuple[int, ...], ...]

    def looks_like(self, other: "Shown", by: int) -> bool:
        pairs = zip(self.colors, other.colors, strict=True)
        return all(abs(a - b) <= by for one, two in pairs for a, b in zip(one, two, strict=True))


def kind_of(picture: bytes) -> str:
    return f"image/{SIGNATURES.get(picture[:2], 'avif')}"


def shown(page: Page, picture: bytes) -> Shown | None:
    """None if the browser does not show it."""
    data = base64.b64encode(picture).decode()
    seen = page.evaluate(SCRIPT, [data, kind_of(picture), SIDE])
    if seen is None:
        return None
    pixels = [tuple(seen["pixels"][at : at + 4]) for at in range(0, 4 * SIDE * SIDE, 4)]
    colors = tuple(pixels[row * SIDE + column] for row, column in PLACES)
    return Shown(seen["width"], seen["height"], colors)
