"""Pictures for the torture: cheap to make, each with bytes of its own, of about a given size."""

import os
from functools import lru_cache
from io import BytesIO

from PIL import Image

# A JPEG comment holds at most this much.
COMMENT_BYTES = 65_533


@lru_cache(maxsize=1)
def plain() -> bytes:
    encoded = BytesIO()
    Image.effect_noise((64, 48), 60).save(encoded, "JPEG")
    return encoded.getvalue()


def picture(size: int) -> bytes:
    """A valid JPEG; what is missing to `size` bytes is random comments."""
    base, comments = plain(), []
    left = max(64, size - len(base))
    while left > 0:
        length = min(left, COMMENT_BYTES)
        comments.append(b"\xff\xfe" + (length + 2).to_bytes(2, "big") + os.urandom(length))
        left -= length
    return base[:2] + b"".join(comments) + base[2:]
