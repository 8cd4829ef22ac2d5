"""Uploads for the tests of this folder."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from media_staging import stage
from media_staging.models import StagedFile


def jpeg(shade: int = 0, size: tuple[int, int] = (24, 16)) -> bytes:
    stream = BytesIO()
    Image.new("RGB", size, (shade % 256, 80, 120)).save(stream, "JPEG")
    return stream.getvalue()


def upload(name: str = "mug.jpg", data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg() if data is None else data, "image/jpeg")


def staged(count: int = 1) -> list[StagedFile]:
    """Files whose bytes and rows are there, waiting for their transfer."""
    return [stage(upload(f"{i}.jpg", jpeg(i)), folder="photos") for i in range(count)]
