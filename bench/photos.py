"""Photos and other files to measure with: incompressible, each one different, of an exact size."""

import os
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image

PHOTO_BYTES = 300_000
# A JPEG comment holds at most this much.
COMMENT_BYTES = 65_533


@lru_cache(maxsize=1)
def grain() -> bytes:
    """A noisy JPEG that leaves room for one comment up to PHOTO_BYTES."""
    smallest = PHOTO_BYTES - COMMENT_BYTES - 4
    for width in range(400, 2000, 40):
        encoded = BytesIO()
        Image.effect_noise((width, width * 3 // 4), 60).convert("RGB").save(encoded, "JPEG")
        if encoded.tell() > smallest:
            return encoded.getvalue()
    raise AssertionError("noise of 2000 pixels fills more than that")


def photo() -> bytes:
    """A valid JPEG of PHOTO_BYTES with a comment of its own, so that no two hashes are equal."""
    base = grain()
    comment = os.urandom(PHOTO_BYTES - len(base) - 4)
    marker = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big")
    return base[:2] + marker + comment + base[2:]


def photo_folder(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number:03}.jpg").write_bytes(photo())
    return folder


def random_folder(folder: Path, count: int, size: int) -> Path:
    """A folder of `count` files of `size` random bytes each."""
    folder.mkdir(parents=True)
    for number in range(count):
        with (folder / f"{number:03}.bin").open("wb") as target:
            for start in range(0, size, 1024**2):
                target.write(os.urandom(min(1024**2, size - start)))
    return folder
