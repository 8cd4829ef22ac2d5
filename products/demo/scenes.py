"""The scenes of the catalogue by name."""

from collections.abc import Callable
from random import Random

from PIL import Image

from products.demo import flat, still
from products.demo.shot import Shot
from products.demo.studio import Studio

SHORT_SIDE = 1200  # pixels of a drawing; the camera enlarges it

SCENES: dict[str, Callable[[Studio, Shot], None]] = {
    "mugs": still.mugs,
    "shirts": flat.shirts,
    "lamps": flat.lamps,
    "notebooks": flat.notebooks,
    "toys": still.toys,
    "vases": still.vases,
    "bottles": still.bottles,
    "plants": still.plants,
    "scarves": flat.scarves,
    "shoes": still.shoes,
}


def draw(shot: Shot, rng: Random) -> Image.Image:
    """The scene of the shot, the right way up."""
    scale = SHORT_SIDE / min(shot.size)
    studio = Studio((round(shot.size[0] * scale), round(shot.size[1] * scale)), shot.paper, rng)
    SCENES[shot.scene](studio, shot)
    return studio.picture
