"""Scenes of things that lie on a table seen from above, or hang on a wall."""

from PIL import Image

from products.demo.curves import Place
from products.demo.light import Colour, Finish
from products.demo.paper import notebook, open_notebook, pencil
from products.demo.pottery import lamp
from products.demo.relief import tube
from products.demo.shot import Shot
from products.demo.soft import scarf, shirt
from products.demo.studio import Studio
from products.demo.turned import Stand

CREAM: Colour = (240, 234, 222)


def lying(studio: Studio, shot: Shot) -> tuple[float, float]:
    """A table seen from above; returns the middle of the picture."""
    studio.tabletop(shot.paper, window=shot.window)
    return studio.size[0] / 2, studio.size[1] / 2


def shirts(studio: Studio, shot: Shot) -> None:
    x, y = lying(studio, shot)
    views = (
        [Place(x, y + 70, 1.28)],
        [Place(x - 30, y + 620, 2.3, -0.06)],
        [Place(x - 250, y + 70, 1.05, -0.05), Place(x + 260, y + 90, 1.05, 0.05)],
    )
    for place, colour in zip(views[shot.view], shot.colours, strict=True):
        layer = studio.layer(colour)
        shirt(layer, place, colour, studio.rng)
        studio.lay(layer, 18)


def lamps(studio: Studio, shot: Shot) -> None:
    studio.sweep(shot.paper, 0.66, window=shot.window)
    x, height = studio.size[0] / 2, studio.size[1]
    views = (
        [(x, height * 0.60, 1.75, 0.30, True)],
        [(x, height * 0.54, 1.95, 0.44, True)],
        [(x - 390, height * 0.46, 1.15, 0.26, False), (x + 20, height * 0.64, 1.15, 0.26, True),
         (x + 420, height * 0.50, 1.15, 0.26, False)],
    )  # fmt: skip
    for (lamp_x, rim, size, pitch, lit), colour in zip(views[shot.view], shot.colours, strict=True):
        _hang(studio, Stand(lamp_x, rim, pitch, flip=True), size, colour, lit)


def _hang(studio: Studio, stand: Stand, size: float, colour: Colour, lit: bool) -> None:
    """A lamp on its cord; `stand` names the middle of the rim."""
    height = studio.size[1]
    layer = studio.layer(colour)
    upside_down = Stand(stand.x, height - stand.y + 290 * size, stand.pitch, flip=True)
    lamp(layer, upside_down, size, colour, lit=lit)
    layer = layer.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    cord = studio.layer((40, 40, 42))
    top = height - upside_down.y
    tube(cord, [(stand.x, -40), (stand.x, top / 2), (stand.x, top + 6)], 11, Finish((52, 50, 50)))
    cord.alpha_composite(layer)
    studio.lay(cord, 90)


def notebooks(studio: Studio, shot: Shot) -> None:
    x, y = lying(studio, shot)
    cover, band = shot.colours[:2]
    books: tuple[list[tuple[Place, Colour, Colour]], ...] = (
        [(Place(x - 80, y, 1.5, -0.10), cover, band)],
        [],
        [
            (Place(x - 150, y - 20, 1.25, -0.34), band, CREAM),
            (Place(x - 40, y, 1.25, -0.08), shot.colours[-1], cover),
            (Place(x + 90, y + 30, 1.25, 0.20), cover, band),
        ],
    )
    for place, cloth, elastic in books[shot.view]:
        layer = studio.layer(cloth)
        notebook(layer, place, cloth, studio.rng, elastic)
        studio.lay(layer, 20)
    if shot.view == 0:
        _lay_pencil(studio, Place(x + 420, y + 10, 1.5, 0.12), band)
    elif shot.view == 1:
        layer = studio.layer(cover)
        open_notebook(layer, Place(x - 20, y, 1.42, -0.06), cover, studio.rng)
        studio.lay(layer, 20)
        _lay_pencil(studio, Place(x + 420, y + 40, 1.4, 0.5), band)


def _lay_pencil(studio: Studio, place: Place, colour: Colour) -> None:
    layer = studio.layer(colour)
    pencil(layer, place, colour)
    studio.lay(layer, 20)


def scarves(studio: Studio, shot: Shot) -> None:
    x, y = lying(studio, shot)
    views = (
        [Place(x - 150, y - 10, 1.12, 0.13), Place(x + 130, y + 10, 1.12, -0.10)],
        [Place(x - 60, y - 400, 2.0, 0.10)],
        [
            Place(x - 330, y, 1.08, 0.02),
            Place(x + 10, y + 24, 1.08, -0.03),
            Place(x + 350, y - 8, 1.08, 0.04),
        ],
    )
    palettes = len(shot.colours) // 3
    for index, place in enumerate(views[shot.view]):
        first = index % palettes * 3
        colours = shot.colours[first : first + 3]
        layer = studio.layer(colours[0])
        scarf(layer, place, colours, studio.rng)
        studio.lay(layer, 22)
