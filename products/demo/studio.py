"""The set: a paper backdrop, the light of a window on it, and the shadows of what stands there."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from products.demo.light import Colour, darker, lighter, mix

SMALL = 4  # soft things are drawn this many times smaller


class Studio:
    """One picture in the making, in pixels of the drawing (the camera enlarges it)."""

    def __init__(self, size: tuple[int, int], paper: Colour, rng: Random) -> None:
        self.size = size
        self.rng = rng
        self._small = (size[0] // SMALL, size[1] // SMALL)
        self.picture = Image.new("RGB", size, paper)

    def layer(self, tint: Colour = (128, 128, 128)) -> Image.Image:
        """An empty sheet to paint on; `tint` is what soft edges fade to."""
        return Image.new("RGBA", self.size, (*tint, 0))

    def sweep(self, paper: Colour, horizon: float, *, window: bool) -> None:
        """A paper sweep: wall above, floor below, and a soft bend between them."""
        column = Image.new("RGB", (1, 64))
        wall, bend, floor = darker(paper, 0.02), darker(paper, 0.11), lighter(paper, 0.24)
        for y in range(64):
            at = y / 63
            if at < horizon:
                colour = mix(wall, bend, (at / horizon) ** 2.2)
            else:
                colour = mix(bend, floor, ((at - horizon) / (1 - horizon)) ** 0.6)
            column.putpixel((0, y), colour)
        backdrop = column.resize(self._small, Image.Resampling.BICUBIC)
        self._lit(backdrop, self._pool(0.30, 0.42, 0.9), window)

    def tabletop(self, paper: Colour, *, window: bool) -> None:
        """The same paper seen from right above."""
        self._lit(Image.new("RGB", self._small, paper), self._pool(0.30, 0.25, 1.15), window)

    def _lit(self, backdrop: Image.Image, light: Image.Image, window: bool) -> None:
        if window:
            light = ImageChops.multiply(light, self._window())
        backdrop = ImageChops.multiply(backdrop, Image.merge("RGB", [light] * 3))
        self.picture = backdrop.resize(self.size, Image.Resampling.BICUBIC)

    def _pool(self, x: float, y: float, reach: float) -> Image.Image:
        """Brighter where the key light falls, darker far from it."""
        width, height = self._small
        radial = Image.radial_gradient("L").point([255 - value for value in range(256)])
        side = int(max(width, height) * 2 * reach)
        pool = Image.new("L", self._small)
        disc = radial.resize((side, side), Image.Resampling.BILINEAR)
        pool.paste(disc, (int(width * x - side / 2), int(height * y - side / 2)))
        return pool.point([198 + int(value * 0.22) for value in range(256)])

    def _window(self) -> Image.Image:
        """The light of a window with bars, aslant on the backdrop."""
        width, height = self._small
        light = Image.new("L", self._small, 224)
        pen = ImageDraw.Draw(light)
        pane_w, pane_h = width * 0.20, height * 0.30
        left, top = width * self.rng.uniform(0.02, 0.22), height * self.rng.uniform(-0.12, 0.02)
        for column in range(3):
            for row in range(3):
                x = left + column * pane_w * 1.10 + row * pane_h * 0.42
                y = top + row * pane_h * 1.08 + column * pane_w * 0.10
                corners = [(x, y), (x + pane_w, y + pane_w * 0.09)]
                corners += [(cx + pane_h * 0.42, cy + pane_h) for cx, cy in reversed(corners)]
                pen.polygon(corners, fill=255)
        return light.filter(ImageFilter.GaussianBlur(7))

    def stand(self, layer: Image.Image, ground: float, deep: float = 0.16) -> None:
        """Add something that stands on the floor.

        `ground` is the y of the middle of its foot, `deep` the foot's depth, of its width.
        """
        small = layer.getchannel("A").reduce(SMALL)
        foot, rise, reach = ground / SMALL, 0.17, 0.62
        shape = small.transform(
            small.size,
            Image.Transform.AFFINE,
            (1, reach / rise, -foot * reach / rise, 0, 1 / rise, foot - foot / rise),
            Image.Resampling.BILINEAR,
        )
        self._darken(shape.filter(ImageFilter.GaussianBlur(9)), 0.46)
        self._darken(self._foot(small, foot, deep), 0.66)
        self._add(layer)

    def lay(self, layer: Image.Image, lift: float = 10) -> None:
        """Add something that lies flat or hangs in front; `lift` is its distance in pixels."""
        small = layer.getchannel("A").reduce(SMALL)
        near = _moved(small, lift * 0.4 / SMALL, lift * 0.5 / SMALL)
        far = _moved(small, lift * 1.6 / SMALL, lift * 2 / SMALL)
        self._darken(far.filter(ImageFilter.GaussianBlur(1 + lift * 0.8 / SMALL)), 0.26)
        self._darken(near.filter(ImageFilter.GaussianBlur(0.6 + lift * 0.2 / SMALL)), 0.42)
        self._add(layer)

    def _add(self, layer: Image.Image) -> None:
        box = layer.getbbox()
        if box:
            seen = layer.crop(box)
            edge = seen.getchannel("A").filter(ImageFilter.GaussianBlur(0.7))
            self.picture.paste(seen, box, edge)

    def _foot(self, small: Image.Image, foot: float, deep: float) -> Image.Image:
        """The dark line of contact, as wide as the thing is where it touches the floor."""
        contact = Image.new("L", small.size)
        box = small.crop((0, int(foot) - 6, small.width, int(foot) + 1)).getbbox()
        if box:
            pen = ImageDraw.Draw(contact)
            half = max(4.0, (box[2] - box[0]) * deep)
            pen.ellipse((box[0] - 2, foot - half, box[2] + 6, foot + half), fill=255)
        return contact.filter(ImageFilter.GaussianBlur(5))

    def _darken(self, shape: Image.Image, strength: float) -> None:
        box = shape.getbbox()
        if not box:
            return
        large = (box[0] * SMALL, box[1] * SMALL, box[2] * SMALL, box[3] * SMALL)
        size = (large[2] - large[0], large[3] - large[1])
        mask = shape.crop(box).point([int(value * strength) for value in range(256)])
        lit = self.picture.crop(large)
        shadow = ImageChops.multiply(lit, Image.new("RGB", size, (70, 58, 58)))
        self.picture.paste(shadow, large, mask.resize(size, Image.Resampling.BICUBIC))


def _moved(mask: Image.Image, right: float, down: float) -> Image.Image:
    moved = Image.new("L", mask.size)
    moved.paste(mask, (round(right), round(down)))
    return moved
