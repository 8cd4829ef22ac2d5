"""Products of cloth: shirt, scarf, shoe."""

from collections.abc import Sequence
from random import Random

from PIL import Image, ImageDraw

from products.demo.curves import Place, flipped, mirrored, points
from products.demo.light import Colour, Finish, darker, lighter, mix
from products.demo.materials import blend, knit, noise, weave
from products.demo.relief import outline, puff, put, rounded, tube

# --- Shirt -------------------------------------------------------------------------------------

BODY = points("70,-330* 190,-292 206,-180 212,40 222,330* 120,352 0,346")
SLEEVE = points("186,-296* 236,-250 296,-40 322,130* 252,146* 224,-30 200,-170 188,-190*")
COLLAR = points("0,-286* 24,-352 74,-364* 96,-318 62,-262*")


def shirt(layer: Image.Image, place: Place, colour: Colour, rng: Random) -> None:
    """A buttoned linen shirt with long sleeves."""
    size = layer.size
    cloth = blend(
        weave(size, rng, 0.07), noise(size, rng, (70, 260), 0.13), noise(size, rng, (26, 120), 0.07)
    )
    depth = 22 * place.scale
    hanger(layer, place)
    back = outline(size, place.at(mirrored(points("74,-352* 60,-300 0,-276"))))
    puff(layer, back, darker(colour, 0.30), depth=depth / 2, texture=cloth)
    for side in (-1, 1):
        sleeve = outline(size, place.at(flipped(SLEEVE, side)))
        puff(layer, sleeve, darker(colour, 0.05), depth=depth, texture=cloth)
        cuff = [(x * side, y) for x, y in points("318,96* 326,150* 250,166* 246,112*")]
        puff(layer, outline(size, place.at(cuff)), colour, depth=depth / 3, texture=cloth)
    body = outline(size, place.at(mirrored([(0, -268), (0, -268), *BODY])))
    puff(layer, body, colour, depth=depth, texture=cloth)
    _front(layer, place, colour, cloth)


def _front(layer: Image.Image, place: Place, colour: Colour, cloth: Image.Image) -> None:
    size, scale = layer.size, place.scale
    band = points("-20,-280* 20,-280* 20,344* -20,344*")
    puff(
        layer,
        outline(size, place.at(band)),
        lighter(colour, 0.05),
        depth=4 * scale,
        texture=cloth,
        strength=1.2,
    )
    pocket = points("64,-150* 160,-150* 160,-50* 112,-26* 64,-50*")
    puff(layer, outline(size, place.at(pocket)), colour, depth=3 * scale, texture=cloth)
    for side in (-1, 1):
        flap = outline(size, place.at(flipped(COLLAR, side)))
        puff(layer, flap, lighter(colour, 0.07), depth=9 * scale, texture=cloth, strength=1.2)
    pen = ImageDraw.Draw(layer)
    for x, y in place.at([(0, -232 + 92 * index) for index in range(6)]):
        _button(pen, x, y, 8.5 * scale, mix(colour, (236, 226, 206), 0.7))


def _button(pen: ImageDraw.ImageDraw, x: float, y: float, r: float, colour: Colour) -> None:
    pen.ellipse((x - r + 1, y - r + 2, x + r + 2, y + r + 3), fill=(*darker(colour, 0.6), 255))
    pen.ellipse((x - r, y - r, x + r, y + r), fill=(*colour, 255))
    pen.ellipse(
        (x - r * 0.7, y - r * 0.7, x + r * 0.7, y + r * 0.7), fill=(*darker(colour, 0.10), 255)
    )
    for dx in (-0.25, 0.25):
        hole = x + dx * r
        pen.ellipse((hole - 1.4, y - 1.4, hole + 1.4, y + 1.4), fill=(*darker(colour, 0.7), 255))


def hanger(layer: Image.Image, place: Place) -> None:
    steel = Finish((150, 148, 146), 0.9)
    hook = points("0,-350 0,-398 6,-416 28,-432 30,-462 4,-478 -22,-466")
    tube(layer, place.at(hook), 9 * place.scale, steel)
    wooden = Finish((196, 150, 100), 0.4)
    tube(
        layer,
        place.at(points("-170,-288 -70,-340 0,-356 70,-340 170,-288")),
        24 * place.scale,
        wooden,
    )


# --- Scarf -------------------------------------------------------------------------------------


def scarf(
    layer: Image.Image, place: Place, colours: Sequence[Colour], rng: Random, long: float = 760
) -> None:
    """One length of a knitted scarf with stripes near its end and a fringe, hanging down."""
    wide = 230.0
    box = (int(wide + 80), int(long + 190))
    flat = Image.new("RGBA", box, (*colours[0], 0))
    texture = blend(knit(box, 20), noise(box, rng, (90, 150), 0.14))
    cloth = Image.new("RGB", box, colours[0])
    pen = ImageDraw.Draw(cloth)
    for index, at in enumerate((long - 210, long - 150, long - 90)):
        pen.rectangle((0, at, box[0], at + 36), fill=colours[1 + index % (len(colours) - 1)])
    for index in range(23):
        x = 40 + wide * (index + 0.5) / 23
        sway = rng.uniform(-9, 9)
        yarn = Finish(darker(colours[0], rng.uniform(0.0, 0.15)), 0.05)
        tube(
            flat,
            [(x, long + 10), (x + sway * 0.4, long + 70), (x + sway, long + rng.uniform(108, 128))],
            9,
            yarn,
        )
    puff(
        flat,
        rounded(box, (40, 20, int(40 + wide), int(long + 30)), 22),
        cloth,
        depth=26,
        texture=texture,
    )
    put(layer, flat, place)
