"""Soft things: a flat shape puffed up like a cushion, with the texture of its material.

A shape is a mask. Its height is the mask blurred at several widths, and light from the upper left
on that height gives the shading.
"""

import math
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from products.demo.curves import Place, Point, smooth
from products.demo.light import Colour, Finish, light, reflect

GREY = 128  # no change, in a shading image
Box = tuple[int, int, int, int]


def outline(size: tuple[int, int], points: Sequence[Point], *, curved: bool = True) -> Image.Image:
    """The mask of a closed shape with smooth edges. A point given twice is a corner."""
    shape = smooth(points, closed=True) if curved else list(points)
    mask = Image.new("L", (size[0] * 2, size[1] * 2))
    ImageDraw.Draw(mask).polygon([(x * 2, y * 2) for x, y in shape], fill=255)
    return mask.reduce(2)


def rounded(size: tuple[int, int], box: Box, radius: float) -> Image.Image:
    mask = Image.new("L", (size[0] * 2, size[1] * 2))
    ImageDraw.Draw(mask).rounded_rectangle([edge * 2 for edge in box], radius * 2, fill=255)
    return mask.reduce(2)


def puff(
    layer: Image.Image,
    mask: Image.Image,
    colour: Colour | Image.Image,
    *,
    depth: float = 10,
    strength: float = 1.0,
    texture: Image.Image | None = None,
) -> None:
    """Paint the shape onto the layer, `depth` pixels of its edge bending away from the camera.

    `texture` is grey where it changes nothing, and of the size of the layer.
    """
    box = mask.getbbox()
    if not box:
        return
    mask = mask.crop(box)
    shading = _lit(mask, depth, strength)
    if texture is not None:
        shading = ImageChops.add(shading, texture.crop(box), 1, -GREY)
    flat = Image.new("RGB", mask.size, colour) if isinstance(colour, tuple) else colour.crop(box)
    body = ImageChops.hard_light(flat, Image.merge("RGB", [shading] * 3)).convert("RGBA")
    over = Image.new("RGBA", mask.size, (*_average(colour), 0))
    over.paste(body, (0, 0), mask)
    layer.alpha_composite(over, box[:2])


def _lit(mask: Image.Image, depth: float, strength: float) -> Image.Image:
    """The shading of the mask as a height: edges that face the upper left are bright."""
    pad = int(depth * 2) + 2
    height = Image.new("L", (mask.width + 2 * pad, mask.height + 2 * pad))
    height.paste(mask, (pad, pad))
    lit = Image.new("L", height.size, GREY)
    for radius, weight in ((depth, 0.34), (depth / 3, 0.16)):
        blurred = height.filter(ImageFilter.GaussianBlur(radius))
        step = max(1, round(radius * 0.8))
        here = ImageChops.offset(blurred, -step, -step)
        before = ImageChops.offset(blurred, step, step)
        slope = ImageChops.subtract(here, before, 1 / (weight * strength), GREY)
        lit = ImageChops.add(lit, slope, 1, -GREY)
    return lit.crop((pad, pad, pad + mask.width, pad + mask.height))


def _average(colour: Colour | Image.Image) -> Colour:
    if isinstance(colour, tuple):
        return colour
    red, green, blue = colour.resize((1, 1), Image.Resampling.BOX).convert("RGB").tobytes()
    return red, green, blue


def tube(
    layer: Image.Image, path: Sequence[Point], width: float, finish: Finish, taper: float = 1.0
) -> None:
    """A round bar along the path: handles, stems, cords. `taper`: width at its end, of the start.

    Painted as ever narrower strokes that move towards the light.
    """
    curve = smooth(path)
    left = int(min(x for x, _ in curve) - width)
    top = int(min(y for _, y in curve) - width)
    right = int(max(x for x, _ in curve) + width)
    bottom = int(max(y for _, y in curve) + width)
    sheet = Image.new("RGBA", ((right - left) * 2, (bottom - top) * 2), (*finish.colour, 0))
    pen = ImageDraw.Draw(sheet)
    rounds = max(4, min(16, int(width / 2)))
    for index in range(rounds):
        off = 1 - index / rounds
        normal = (0.60 - 1.15 * (1 - off)) * 0.72, -(0.60 - 1.15 * (1 - off)) * 0.72
        level = math.sqrt(max(0.0, 1 - normal[0] ** 2 - normal[1] ** 2))
        ink = reflect(finish, light(finish.gloss, *normal, level))
        shift = -(1 - off) * width * 0.24
        points = [((x + shift - left) * 2, (y + shift - top) * 2) for x, y in curve]
        _stroke(pen, points, width * 2 * off, taper, ink)
    sheet = sheet.filter(ImageFilter.GaussianBlur(0.8 + width / rounds / 2)) if width > 8 else sheet
    _over(layer, sheet.reduce(2), left, top)


def _stroke(
    pen: ImageDraw.ImageDraw,
    points: Sequence[Point],
    width: float,
    taper: float,
    ink: tuple[int, int, int, int],
) -> None:
    for index, (x, y) in enumerate(points):
        half = width / 2 * (1 + (taper - 1) * index / len(points))
        pen.ellipse((x - half, y - half, x + half, y + half), fill=ink)
        if index:
            pen.line((*points[index - 1], x, y), fill=ink, width=max(1, round(half * 2)))


def _over(layer: Image.Image, sheet: Image.Image, left: int, top: int) -> None:
    """Composite a sheet that may stick out of the layer."""
    box = (max(0, left), max(0, top), left + sheet.width, top + sheet.height)
    box = (box[0], box[1], min(layer.width, box[2]), min(layer.height, box[3]))
    if box[0] < box[2] and box[1] < box[3]:
        seen = sheet.crop((box[0] - left, box[1] - top, box[2] - left, box[3] - top))
        layer.alpha_composite(seen, box[:2])


def put(layer: Image.Image, flat: Image.Image, place: Place) -> None:
    """Place a sheet that was drawn upright, turned and scaled around its middle."""
    matrix = place.affine((flat.width / 2, flat.height / 2))
    layer.alpha_composite(
        flat.transform(layer.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
    )


def surface(layer: Image.Image, texture: Image.Image) -> None:
    """Give what is painted on the layer the texture, which starts at its upper left corner."""
    box = layer.getbbox()
    if not box:
        return
    painted = layer.crop(box)
    skin = Image.merge("RGB", [texture.crop((0, 0, *painted.size))] * 3)
    skinned = ImageChops.add(painted.convert("RGB"), skin, 1, -GREY).convert("RGBA")
    skinned.putalpha(painted.getchannel("A"))
    layer.paste(skinned, box)
