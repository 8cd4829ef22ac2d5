"""Pictures for the renderer."""

from io import BytesIO
from typing import Any

from PIL import Image

from media_staging.containers import for_decoder
from media_staging.models import THUMBNAIL_SIDE
from media_staging.thumbnails.rendering import Rendered, Renderer


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def noise(size: tuple[int, int] = (1200, 900)) -> Image.Image:
    return Image.merge("RGB", [Image.effect_noise(size, 60) for _band in "RGB"])


def rendered(renderer: Renderer, picture: bytes) -> Rendered:
    (thumbnail,) = renderer.render(for_decoder(picture), [THUMBNAIL_SIDE])
    return thumbnail
