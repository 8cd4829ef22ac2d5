"""Scenes of things that stand on the floor of the studio, in the views that were photographed."""

from collections.abc import Sequence
from random import Random

from PIL import Image

from products.demo.curves import Place
from products.demo.light import Colour, Finish, darker, mix
from products.demo.paper import leaf
from products.demo.pottery import bottle, label, loose_ring, mug, pot, toy, vase
from products.demo.relief import tube
from products.demo.shoe import shoe
from products.demo.shot import Shot
from products.demo.studio import Studio
from products.demo.turned import Stand

GREEN: Colour = (74, 118, 78)


def standing(studio: Studio, shot: Shot) -> tuple[float, float]:
    """A sweep of paper to stand things on; returns the middle of the picture and its floor."""
    wide = studio.size[0] > studio.size[1]
    studio.sweep(shot.paper, 0.58 if wide else 0.66, window=shot.window)
    return studio.size[0] / 2, studio.size[1] * 0.80


def mugs(studio: Studio, shot: Shot) -> None:
    x, y = standing(studio, shot)
    colours, rng = shot.colours, studio.rng
    # x, y, size, pitch, handle, coffee
    views = (
        [(x - 40, y, 1.45, 0.26, 1.0, False)],
        [(x - 330, y - 90, 1.05, 0.30, -1.0, False), (x + 240, y + 30, 1.2, 0.30, 1.0, False)],
        [(x - 30, y + 30, 1.4, 0.62, 1.0, True)],
        [(x - 420, y - 120, 0.95, 0.3, -1.0, False), (x + 360, y - 110, 0.95, 0.3, 1.0, False),
         (x - 20, y + 60, 1.1, 0.32, 1.0, True)],
    )  # fmt: skip
    for index, (mug_x, mug_y, size, pitch, handle, coffee) in enumerate(views[shot.view]):
        layer = studio.layer(colours[index])
        stand = Stand(mug_x, mug_y, pitch)
        mug(layer, stand, size, colours[index], rng, handle=handle, coffee=coffee)
        studio.stand(layer, mug_y)


def toys(studio: Studio, shot: Shot) -> None:
    x, y = standing(studio, shot)
    colours = shot.colours
    # x, y, size, pitch, colours
    stacks = (
        (x, y, 1.75, 0.30, colours),
        (x - 220, y - 60, 1.35, 0.30, (*colours[:2], *colours[4:])),
        (x, y + 10, 1.8, 0.62, colours),
    )
    stack_x, stack_y, size, pitch, stacked = stacks[shot.view]
    layer = studio.layer()
    toy(layer, Stand(stack_x, stack_y, pitch), size, stacked)
    studio.stand(layer, stack_y)
    if shot.view == 1:
        _loose_rings(studio, x, y, colours[2:4])


def _loose_rings(studio: Studio, x: float, y: float, colours: Sequence[Colour]) -> None:
    places = ((x + 260, y - 70, 150), (x + 480, y + 60, 124))
    for (ring_x, ring_y, radius), colour in zip(places, colours, strict=True):
        layer = studio.layer(colour)
        loose_ring(layer, Stand(ring_x, ring_y, 0.34), 1.35, radius, colour)
        studio.stand(layer, ring_y)


def vases(studio: Studio, shot: Shot) -> None:
    x, y = standing(studio, shot)
    sizes = ([(x, 1.25, 7)], [(x, 1.5, 0)], [(x - 330, 1.0, 4), (x + 260, 1.2, 0)])[shot.view]
    for (vase_x, size, leaves), colour in zip(sizes, shot.colours, strict=True):
        layer = studio.layer(colour)
        if leaves:
            _branch(layer, vase_x, y - 40 * size, size, leaves, studio.rng)
        vase(layer, Stand(vase_x, y, 0.22), size, colour)
        studio.stand(layer, y)


def _branch(layer: Image.Image, x: float, y: float, size: float, leaves: int, rng: Random) -> None:
    """Two branches of eucalyptus that stand in a vase."""
    for side in (-1, 1):
        bend = side * rng.uniform(90, 130) * size
        stem = [(x - side * 50 * size, y), (x + side * 10 * size, y - 460 * size),
                (x + bend, y - 760 * size)]  # fmt: skip
        tube(layer, stem, 9 * size, Finish((120, 110, 84), 0.2), 0.6)
        for step in range(leaves):
            share = step / leaves
            at = (stem[1][0] + (stem[2][0] - stem[1][0]) * share, stem[1][1] - 320 * size * share)
            tint = mix(GREEN, (150, 172, 160), rng.uniform(0.35, 0.75))
            for lean in (-1, 1):
                turn = lean * rng.uniform(0.7, 1.3) + side * 0.2
                length = rng.uniform(96, 126) * (1 - share * 0.35)
                leaf(layer, Place(*at, size, turn), length, length * 0.62, tint)


def bottles(studio: Studio, shot: Shot) -> None:
    x, y = standing(studio, shot)
    glass, *papers = shot.colours
    names = ("fig leaf", "cedar", "salt & sage")
    views = (
        [(x, y, 1.6)],
        [(x - 20, y + 240, 2.3)],
        [(x - 400, y - 70, 1.15), (x + 400, y - 70, 1.15), (x, y + 40, 1.3)],
    )
    for index, (at_x, at_y, size) in enumerate(views[shot.view]):
        paper = label(size, names[index], "HAND SOAP", papers[index])
        layer = studio.layer(glass)
        bottle(layer, Stand(at_x, at_y, 0.2), size, glass, paper)
        studio.stand(layer, at_y)


def plants(studio: Studio, shot: Shot) -> None:
    x, y = standing(studio, shot)
    views = ([(x, 1.15, 11)], [(x, 1.6, 11)], [(x - 330, 0.9, 8), (x + 300, 1.05, 10)])
    for (at_x, size, leaves), colour in zip(views[shot.view], shot.colours, strict=True):
        foot = y + (160 if shot.view == 1 else 40)
        layer = studio.layer(darker(GREEN, 0.2))
        pot(layer, Stand(at_x, foot, 0.25), size, colour, studio.rng)
        _rubber_plant(layer, Place(at_x, foot - 268 * size, size), leaves, studio.rng)
        studio.stand(layer, foot)


def _rubber_plant(layer: Image.Image, foot: Place, leaves: int, rng: Random) -> None:
    """Large leaves around one stem, the lower ones first, so that the upper ones overlap them."""
    top = -430.0
    stem = foot.at([(0, 30), (-6, top / 2), (4, top)])
    tube(layer, stem, 16 * foot.scale, Finish((96, 82, 58)), 0.5)
    for index in range(leaves):
        share = index / (leaves - 1)
        side = 1 if index % 2 else -1
        ((at_x, at_y),) = foot.at([(0, -50 + (top + 60) * share)])
        lean = side * (1.35 - 1.05 * share + rng.uniform(-0.12, 0.12))
        long = (250 - 70 * share) * rng.uniform(0.92, 1.05)
        tint = mix((36, 82, 56), (96, 146, 84), share * 0.7 + rng.uniform(0, 0.2))
        leaf(layer, Place(at_x, at_y, foot.scale, lean), long, long * 0.60, tint)


def shoes(studio: Studio, shot: Shot) -> None:
    x, y = standing(studio, shot)
    views = (
        [(x, y - 200, 1.7)],
        [(x + 110, y - 330, 1.3), (x - 90, y - 140, 1.45)],
        [(x - 130, y - 290, 2.3)],
    )
    for index, (at_x, at_y, size) in enumerate(views[shot.view]):
        colour = shot.colours[index % len(shot.colours)]
        layer = studio.layer(colour)
        shoe(layer, Place(at_x, at_y, size), colour, studio.rng)
        studio.stand(layer, at_y + 140 * size, 0.03)
