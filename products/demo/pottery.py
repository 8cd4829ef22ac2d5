"""Products that are turned: mug, vase, soap bottle, flower pot, stacking toy, lamp."""

import math
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from products.demo.curves import Point, points
from products.demo.light import Colour, Finish, darker, lighter, mix
from products.demo.materials import noise, speckles
from products.demo.relief import surface, tube
from products.demo.turned import Stand, around, hollow, lid, turn

CLAY = Finish((201, 174, 143), 0.12)
COFFEE = Finish((66, 38, 22), 0.85)
BEECH = Finish((222, 184, 138), 0.25)


def scaled(profile: list[Point], by: float) -> list[Point]:
    return [(height * by, radius * by) for height, radius in profile]


def mug(
    layer: Image.Image,
    at: Stand,
    size: float,
    colour: Colour,
    rng: Random,
    *,
    handle: float = 1.0,
    coffee: bool = False,
) -> None:
    """A mug half dipped in glaze. `handle`: 1 to the right, -1 to the left, 0 behind it."""
    tall, wide = 400 * size, 200 * size
    glaze = Finish(colour, 0.85)
    if handle:
        _handle(layer, at, tall, wide * handle, glaze, size)
    profile = scaled(points("0,150* 10,172 50,196 190,206 400,200*"), size)
    turn(layer, at, profile, lambda height: CLAY if height < 74 * size else glaze)
    lid(layer, at, tall, wide, Finish(lighter(colour, 0.25), 0.7))
    surface(layer, speckles(layer.size, rng))
    inner = Finish((236, 229, 214), 0.55)
    inside = [(0, wide * 0.93), ((70 if coffee else 300) * size, wide * 0.92)]
    hollow(layer, at, tall, inside, inner, COFFEE if coffee else inner)


def _handle(
    layer: Image.Image, at: Stand, tall: float, reach: float, glaze: Finish, size: float
) -> None:
    low = math.cos(at.pitch)
    path = points("0.90,0.82 1.22,0.86 1.52,0.70 1.50,0.46 1.20,0.28 0.92,0.26")
    bow = [(at.x + x * reach, at.y - y * tall * low) for x, y in path]
    tube(layer, bow, 46 * size, glaze)


def vase(layer: Image.Image, at: Stand, size: float, colour: Colour) -> None:
    """Blown glass with a little water; stems are to be painted on the layer before."""
    outside = points("0,120* 14,150 120,186 250,150 360,78 450,66 520,92")
    water = Finish(mix(colour, (190, 214, 214), 0.5), 0.5, 0.80)
    turned = Image.new("RGBA", layer.size, (*colour, 0))
    glass = Finish(colour, 0.95, 0.80)
    foot = Finish(darker(colour, 0.25), 0.9, 0.45)
    level = 190 * size

    def finish(height: float) -> Finish:
        if height < 26 * size:
            return foot
        return water if abs(height - level) > 3 and height < level else glass

    turn(turned, at, scaled(outside, size), finish)
    rim = 520 * size
    lid(turned, at, rim, 92 * size, Finish(lighter(colour, 0.55), 0.9, 0.35))
    hollow(turned, at, rim, [(0, 84 * size), (60 * size, 68 * size)], Finish(colour, 0.6, 0.75))
    layer.alpha_composite(turned)


def bottle(layer: Image.Image, at: Stand, size: float, glass: Colour, label: Image.Image) -> None:
    """A pump bottle of brown glass with a paper label."""
    body = points("0,128* 12,146 30,150 330,150 372,128 400,66 424,50 452,50")
    turn(layer, at, scaled(body, size), Finish(glass, 0.95), label)
    black = Finish((34, 33, 35), 0.75)
    collar = points("452,58* 500,58 512,50 512,22* 556,20")
    turn(layer, at, scaled(collar, size), black)
    top = at.y - 560 * size * math.cos(at.pitch)
    tube(
        layer,
        [(at.x, top), (at.x - 60 * size, top - 8 * size), (at.x - 118 * size, top + 16 * size)],
        26 * size,
        black,
        0.7,
    )
    turn(layer, at, scaled(points("548,40* 572,42 578,34 580,8"), size), black)


def label(size: float, name: str, kind: str, paper: Colour) -> Image.Image:
    """The print around a bottle of this size: transparent beside the paper."""
    scale = size * 2
    wide, tall = int(150 * math.pi * scale), int(452 * scale)
    flat = Image.new("RGBA", (wide, tall), (*paper, 0))
    pen = ImageDraw.Draw(flat)
    box = (wide * 0.22, tall - 300 * scale, wide * 0.78, tall - 90 * scale)
    middle = wide / 2
    pen.rectangle(box, fill=paper, outline=darker(paper, 0.2))
    pen.text((middle, tall - 222 * scale), name, (52, 46, 42), _font(44 * scale), anchor="mm")
    pen.line(
        (middle - 34 * scale, tall - 186 * scale, middle + 34 * scale, tall - 186 * scale),
        fill=(120, 108, 98),
        width=max(1, int(2 * scale)),
    )
    pen.text((middle, tall - 158 * scale), kind, (92, 84, 78), _font(18 * scale), anchor="mm")
    pen.text((middle, tall - 116 * scale), "300 ml", (92, 84, 78), _font(15 * scale), anchor="mm")
    return around(flat).resize((wide // 2, tall // 2), Image.Resampling.LANCZOS)


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def pot(layer: Image.Image, at: Stand, size: float, colour: Colour, rng: Random) -> None:
    """An unglazed flower pot with earth in it."""
    clay = Finish(colour, 0.08)
    body = points("0,128* 8,134 210,172* 212,190 216,194 280,198 288,192")
    turn(layer, at, scaled(body, size), clay)
    lid(layer, at, 288 * size, 192 * size, Finish(lighter(colour, 0.12), 0.1))
    hollow(
        layer,
        at,
        288 * size,
        [(0, 172 * size), (34 * size, 170 * size)],
        clay,
        Finish((62, 46, 36), 0.0),
    )
    surface(layer, noise(layer.size, rng, (7, 4), 0.05))


def toy(layer: Image.Image, at: Stand, size: float, colours: tuple[Colour, ...]) -> None:
    """A foot, rings that get smaller, and a ball."""
    turn(layer, at, scaled(points("0,214* 10,222 34,222 44,212"), size), BEECH)
    lid(layer, at, 44 * size, 212 * size, BEECH)
    base = 44.0
    for index, colour in enumerate(colours[:-1]):
        radius = 196 - index * 26
        turn(layer, at, _ring(base, radius, size), Finish(colour, 0.5))
        base += 74
    ball = [
        (base + 62 * (1 - math.cos(a / 9 * math.pi)), max(2.0, 62 * math.sin(a / 9 * math.pi)))
        for a in range(10)
    ]
    turn(layer, at, scaled(ball, size), Finish(colours[-1], 0.5))


def loose_ring(layer: Image.Image, at: Stand, size: float, radius: float, colour: Colour) -> None:
    """A ring of the toy by itself, with its hole."""
    turn(layer, at, _ring(0, radius, size), Finish(colour, 0.5))
    hole = Finish(darker(colour, 0.35), 0.1)
    hollow(
        layer,
        at,
        70 * size,
        [(0, 46 * size), (60 * size, 40 * size)],
        hole,
        Finish(darker(colour, 0.6), 0.0),
    )


def _ring(base: float, radius: float, size: float) -> list[Point]:
    """The outside of a ring of 74 in height."""
    round_ = points("0,-30* 10,-12 37,0 64,-12 72,-32 74,-60*")
    return [((base + height) * size, (radius + inset) * size) for height, inset in round_]


def lamp(layer: Image.Image, at: Stand, size: float, colour: Colour, *, lit: bool) -> None:
    """An enamel shade painted upside down, so that one looks into it; the caller turns it."""
    shell = Finish(colour, 0.9)
    neck = points("0,30* 52,34 70,44 70,60 110,96 190,190 270,262 300,272*")
    turn(layer, at, scaled(neck, size), shell)
    rim = 300 * size
    lid(layer, at, rim, 272 * size, Finish(darker(colour, 0.45), 0.8))
    white = Finish((350, 318, 262) if lit else (226, 222, 212), 0.4)
    inside = scaled(points("0,262 60,240 130,150 170,80"), size)
    hollow(layer, at, rim, inside, white, Finish((255, 236, 196) if lit else (150, 146, 138), 0.2))
    if lit:
        _bulb(layer, at, size)


def _bulb(layer: Image.Image, at: Stand, size: float) -> None:
    """A bare bulb in the opening, and its glow on the enamel around it."""
    reach = round(250 * size)
    left, top = round(at.x) - reach, round(at.y - 290 * size * math.cos(at.pitch)) - reach
    seen = layer.crop((left, top, left + 2 * reach, top + 2 * reach))
    alpha = seen.getchannel("A")
    glows = (
        (150, 60, 63, (255, 226, 160), 150),
        (46, 5, 46, (255, 244, 214), 255),
        (36, 6, 36, (255, 254, 248), 255),
    )
    for wide, soft, tall, tint, strength in glows:
        glow = Image.new("L", seen.size)
        box = (reach - wide * size, reach - tall * size, reach + wide * size, reach + tall * size)
        ImageDraw.Draw(glow).ellipse(box, fill=strength)
        glow = glow.filter(ImageFilter.GaussianBlur(soft * size))
        seen.paste((*tint, 255), (0, 0), ImageChops.multiply(glow, alpha))
    seen.putalpha(alpha)
    layer.paste(seen, (left, top))
