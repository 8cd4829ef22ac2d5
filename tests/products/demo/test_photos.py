"""The demo's photos: as varied as those of real cameras, in files small enough for a clone."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from products.demo.catalogue import CATALOGUE

FILES = [photo.path for product in CATALOGUE for photo in product.photos]
STORED_ON_THEIR_SIDE = (6, 8)


@pytest.fixture(scope="module")
def pictures() -> Iterator[list[Image.Image]]:
    """Opened, not decoded."""
    opened = [Image.open(file) for file in FILES]
    yield opened
    for picture in opened:
        picture.close()


def test_they_are_many_and_small() -> None:
    assert len(FILES) >= 24
    assert sum(file.stat().st_size for file in FILES) <= 6_000_000


def test_a_jpeg_a_webp_and_a_png_are_among_them(pictures: list[Image.Image]) -> None:
    formats = Counter(picture.format for picture in pictures)

    assert set(formats) == {"JPEG", "WEBP", "PNG"}
    assert formats["JPEG"] > len(FILES) / 2


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_none_is_damaged(file: Path) -> None:
    with Image.open(file) as picture:
        picture.load()


def test_some_lie_on_their_side_in_either_direction(pictures: list[Image.Image]) -> None:
    for orientation in STORED_ON_THEIR_SIDE:
        turned = [each for each in pictures if orientation_of(each) == orientation]

        assert turned
        assert all(picture.width > picture.height for picture in turned)
    assert any(orientation_of(picture) == 1 for picture in pictures)


def test_some_tell_where_they_were_taken(pictures: list[Image.Image]) -> None:
    places = [picture.getexif().get_ifd(ExifTags.IFD.GPSInfo) for picture in pictures]

    assert any(place.get(ExifTags.GPS.GPSLatitude) for place in places)


def orientation_of(picture: Image.Image) -> int:
    return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
