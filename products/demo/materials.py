"""What things are made of: textures as images around grey, which changes nothing."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

GREY = 128


def noise(
    size: tuple[int, int], rng: Random, grain: tuple[float, float], amount: float
) -> Image.Image:
    """Clouds around grey; `grain` is how many pixels wide and high one cloud is."""
    small = max(2, int(size[0] / grain[0])), max(2, int(size[1] / grain[1]))
    raw = Image.frombytes("L", small, rng.randbytes(small[0] * small[1]))
    raw = raw.point([int(GREY + (value - GREY) * amount) for value in range(256)])
    return raw.resize(size, Image.Resampling.BICUBIC)


def blend(*textures: Image.Image) -> Image.Image:
    """Textures on top of each other."""
    total = textures[0]
    for texture in textures[1:]:
        total = ImageChops.add(total, texture, 1, -GREY)
    return total


def weave(size: tuple[int, int], rng: Random, amount: float = 0.10) -> Image.Image:
    """Linen: uneven threads both ways."""
    return blend(
        noise(size, rng, (60, 2.2), amount),
        noise(size, rng, (2.2, 60), amount),
        noise(size, rng, (2, 2), amount * 0.7),
    )


def wood(size: tuple[int, int], rng: Random, amount: float = 0.10) -> Image.Image:
    """Grain that runs from left to right."""
    return blend(
        noise(size, rng, (260, 9), amount),
        noise(size, rng, (120, 3), amount * 0.8),
        noise(size, rng, (30, 2), amount * 0.4),
    )


def knit(size: tuple[int, int], stitch: int = 18) -> Image.Image:
    """Stockinette: columns of Vs."""
    tile = Image.new("L", (stitch * 4, stitch * 3), 62)
    pen = ImageDraw.Draw(tile)
    for top in (-stitch * 3, 0, stitch * 3):
        for side in (-1, 1):
            middle = stitch * 2
            for ring in range(5):
                half = stitch * (0.92 - ring * 0.17)
                tone = 92 + ring * 15
                x0, y0 = middle + side * stitch * 1.75, top
                x1, y1 = middle + side * stitch * 0.35, top + stitch * 2.1
                for step in range(17):
                    at = step / 16
                    x, y = x0 + (x1 - x0) * at, y0 + (y1 - y0) * at
                    pen.ellipse((x - half * 0.9, y - half, x + half * 0.9, y + half), fill=tone)
    small = tile.resize((stitch, int(stitch * 0.75)), Image.Resampling.LANCZOS)
    return tiled(small, size)


def tiled(tile: Image.Image, size: tuple[int, int]) -> Image.Image:
    sheet = Image.new(tile.mode, size)
    for y in range(0, size[1], tile.height):
        for x in range(0, size[0], tile.width):
            sheet.paste(tile, (x, y))
    return sheet


def speckles(size: tuple[int, int], rng: Random) -> Image.Image:
    """The iron spots of stoneware."""
    sheet = Image.new("L", size, 128)
    pen = ImageDraw.Draw(sheet)
    for _ in range(size[0] * size[1] // 700):
        x, y, r = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(0.5, 1.7)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=rng.randint(72, 112))
    return sheet.filter(ImageFilter.GaussianBlur(0.6))
