import io
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageOps

from products.demo.camera import develop
from products.demo.shot import Shot

LEFT, RIGHT = (200, 40, 40), (40, 40, 200)


def shot(name: str = "IMG_1.JPG", **changes: Any) -> Shot:
    values: dict[str, Any] = {
        "name": name,
        "alt": "",
        "scene": "mugs",
        "view": 0,
        "colours": ((1, 2, 3),),
        "paper": (200, 200, 200),
        "taken": datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC),
        "size": (640, 480),
        **changes,
    }
    return Shot(**values)


def photo(taken: Shot) -> bytes:
    drawing = Image.new("RGB", (320, 240), LEFT)
    drawing.paste(RIGHT, (160, 0, 320, 240))
    return develop(drawing.resize(taken.size), taken, Random(1))


def channel(picture: Image.Image, at: tuple[int, int], name: str) -> Any:
    return picture.convert("RGB").getchannel(name).getpixel(at)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_photo_is_upright_for_viewers_that_obey_its_orientation(orientation: int) -> None:
    stored = opened(photo(shot(size=(480, 640), orientation=orientation)))

    shown = ImageOps.exif_transpose(stored)

    assert stored.size == ((480, 640) if orientation == 1 else (640, 480))
    assert shown.size == (480, 640)
    assert channel(shown, (20, 300), "R") > 150
    assert channel(shown, (460, 300), "B") > 150


@pytest.mark.parametrize(
    ("name", "kind"), [("a.JPG", "JPEG"), ("a.webp", "WEBP"), ("a.png", "PNG")]
)
def test_ending_chooses_the_format(name: str, kind: str) -> None:
    picture = opened(photo(shot(name)))

    assert picture.format == kind
    assert picture.size == (640, 480)


def test_camera_and_date_are_in_the_metadata() -> None:
    exif = opened(photo(shot())).getexif()

    assert exif[ExifTags.Base.Model]
    details = exif.get_ifd(ExifTags.IFD.Exif)
    assert details[ExifTags.Base.DateTimeOriginal] == "2025:03:04 05:06:07"


def test_position_is_there_only_when_the_camera_knew_it() -> None:
    gps = ExifTags.IFD.GPSInfo
    with_place = opened(photo(shot(place=(-33.5, 18.25)))).getexif().get_ifd(gps)

    assert with_place[ExifTags.GPS.GPSLatitudeRef] == "S"
    assert [float(part) for part in with_place[ExifTags.GPS.GPSLongitude]] == [18, 15, 0]
    assert not opened(photo(shot())).getexif().get_ifd(gps)
