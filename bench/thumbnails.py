"""Small pictures of photos of 12 megapixels, as the consumer makes them, beside bare Pillow.

Ours is `making.make_due` as the consumer calls it: start the process that decodes, claim, read and
hash the original, decode it, make the tile's size and the enlarged view's, store both durably and
attach them. The control is one process that does nothing but open the same files with Pillow, at a
fraction of their size (`draft`), and make the same two sizes in the same format and quality, with
the same filter and effort; its start is not counted, and it is as nice to other processes as ours.
In brackets: the same control making the tile's size only.
"""

import json
import os
import time
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from bench.site import ROOT, inside, production, run
from bench.table import Row, p50
from media_staging.thumbnails.rendering_process import EFFORT, NICENESS, QUALITY

PHOTOS, SIZE = 8, (4000, 3000)
SAMPLES = ROOT / "products/demo/photos"
LEAST = 0.8


def thumbnails(folder: Path) -> list[Row]:
    photos = large_photos(folder / "photos")
    env = production(folder / "ours")
    run("manage.py", "migrate", "-v0", env=env)
    source = f"from bench import thumbnail_rounds; thumbnail_rounds.compare({str(photos)!r})"
    found: dict[str, Any] = json.loads(inside(source, env))
    ours, both, tile = (PHOTOS / p50(found[who]) for who in ("ours", "both", "tile"))
    return [
        Row(
            f"thumbnails with previews of {PHOTOS} JPEGs of 12 megapixels",
            "Pillow with draft in one process, both sizes (in brackets: the tile's only)",
            f"{ours:.1f} / {both:.1f} per s = {ours / both:.2f} ({tile:.1f}: {ours / tile:.2f})",
            f"at least {LEAST} times",
            met=ours / both >= LEAST,
        )
    ]


def large_photos(folder: Path) -> Path:
    """Of some megabytes each, with the grain that a camera's pictures have."""
    folder.mkdir(parents=True)
    grain = Image.effect_noise(SIZE, 12).convert("RGB")
    for sample in sorted(SAMPLES.glob("*.JPG"))[:PHOTOS]:
        with Image.open(sample) as image:
            large = image.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC)
        grainy = ImageChops.add(large, grain, offset=-128)
        grainy.save(folder / f"{sample.stem}.jpg", quality=85)
    return folder


def bare(folder: str, sides: list[int]) -> None:
    """The control, in a process of its own; prints how many seconds it took."""
    os.nice(NICENESS)
    Image.init()
    began = time.perf_counter()
    for path in sorted(Path(folder).iterdir()):
        with Image.open(path) as image:
            # In the picture's own shape: of a square both sides would have to be that long.
            image.draft("RGB", (sides[0], sides[0] * image.height // image.width))
            for side in sides:
                # Without a gap, or Pillow would decode more than it was asked for.
                image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=None)
                image.save(BytesIO(), "WEBP", quality=QUALITY, method=EFFORT)
    print(time.perf_counter() - began)
