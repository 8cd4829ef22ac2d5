"""Products of paper, and the leaves and pencils that lie beside them."""

from random import Random

from PIL import Image, ImageDraw

from products.demo.curves import Place, points
from products.demo.light import Colour, Finish, darker, lighter
from products.demo.materials import noise, weave
from products.demo.relief import outline, puff, put, rounded, tube


def notebook(layer: Image.Image, place: Place, colour: Colour, rng: Random, band: Colour) -> None:
    """A clothbound notebook from above, with an elastic band and a paper label."""
    box = (480, 660)
    flat = Image.new("RGBA", box, (*colour, 0))
    linen = weave(box, rng, 0.10)
    for step in range(5):
        paper = rounded(box, (34, 34 + step, 448 + 6 - step, 634 + 6 - step), 10)
        puff(flat, paper, darker((244, 238, 224), 0.06 * (step % 2)), depth=2)
    puff(flat, rounded(box, (26, 24, 446, 630), 16), colour, depth=7, texture=linen, strength=0.9)
    hinge = Image.new("L", box)
    ImageDraw.Draw(hinge).rectangle((26, 24, 74, 630), fill=255)
    puff(flat, hinge, darker(colour, 0.22), depth=5, texture=linen, strength=0.6)
    puff(
        flat,
        rounded(box, (168, 150, 350, 250), 4),
        (240, 232, 214),
        depth=2,
        texture=noise(box, rng, (3, 3), 0.03),
    )
    pen = ImageDraw.Draw(flat)
    for y in (184, 206, 226):
        pen.line((192, y, 326, y), fill=(150, 138, 124, 255), width=2)
    tube(flat, [(404, 22), (405, 320), (404, 632)], 13, Finish(band, 0.1))
    put(layer, flat, place)


def open_notebook(layer: Image.Image, place: Place, colour: Colour, rng: Random) -> None:
    """The same notebook open on a dotted spread, with a ribbon."""
    box = (900, 680)
    flat = Image.new("RGBA", box, (*colour, 0))
    puff(flat, rounded(box, (20, 20, 880, 660), 16), colour, depth=6, texture=weave(box, rng))
    paper = noise(box, rng, (4, 4), 0.03)
    for left, right in ((34, 450), (450, 866)):
        for step in range(4):
            puff(
                flat,
                rounded(box, (left - 4 + step, 34, right + 4 - step, 646 - step), 6),
                (246, 241, 229),
                depth=3,
            )
        puff(
            flat,
            rounded(box, (left, 34, right, 640), 6),
            (248, 244, 233),
            depth=20,
            texture=paper,
            strength=0.35,
        )
        pen = ImageDraw.Draw(flat)
        for x in range(left + 32, right - 24, 24):
            for y in range(74, 620, 24):
                pen.ellipse((x - 1.5, y - 1.5, x + 1.5, y + 1.5), fill=(176, 170, 160, 255))
    fold = (
        Image.linear_gradient("L")
        .rotate(90)
        .resize((70, 606))
        .point([value // 4 for value in range(256)])
    )
    flat.paste((96, 84, 74, 255), (380, 34), fold)
    flat.paste((96, 84, 74, 255), (450, 34), fold.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    tube(flat, [(452, 24), (460, 330), (486, 674)], 9, Finish((186, 74, 58), 0.3))
    put(layer, flat, place)


def pencil(layer: Image.Image, place: Place, colour: Colour) -> None:
    tube(layer, place.at([(0, -210), (0, 0), (0, 190)]), 20 * place.scale, Finish(colour, 0.6))
    tube(
        layer,
        place.at([(0, 190), (0, 215), (0, 246)]),
        19 * place.scale,
        Finish((226, 190, 146), 0.1),
        0.25,
    )
    tube(
        layer,
        place.at([(0, 238), (0, 246), (0, 254)]),
        6 * place.scale,
        Finish((50, 48, 48), 0.4),
        0.4,
    )


def leaf(layer: Image.Image, place: Place, long: float, wide: float, colour: Colour) -> None:
    """A glossy leaf whose stalk is at the place and whose tip points up from it."""
    half = points("0,0 0.30,-0.16 0.50,-0.42 0.44,-0.70 0.18,-0.93 0,-1*")
    left = [(-x * wide, y * long) for x, y in half]
    right = [(x * wide, y * long) for x, y in half]
    whole = outline(layer.size, place.at([*right, *reversed(left)]))
    puff(layer, whole, colour, depth=wide * 0.10 * place.scale, strength=0.9)
    shadow_side = outline(layer.size, place.at([*right, (0, 0), (0, 0)]))
    puff(layer, shadow_side, darker(colour, 0.22), depth=wide * 0.07 * place.scale, strength=0.8)
    vein = Finish(lighter(colour, 0.30), 0.2)
    tube(
        layer,
        place.at([(0, 20), (wide * 0.01, -long * 0.5), (0, -long * 0.97)]),
        6 * place.scale,
        vein,
        0.3,
    )
