"""From a drawing to the file a camera would have written: size, grain, EXIF, encoding.

The grain matters: without it a drawing compresses to a tenth of a real photo, and the demo would
move files that nobody has.
"""

import io
import math
from random import Random

from PIL import ExifTags, Image, ImageChops, ImageFilter, TiffImagePlugin

from products.demo.shot import Shot

GRAIN_TILE = 768  # pixels
BILINEAR, BICUBIC = Image.Resampling.BILINEAR, Image.Resampling.BICUBIC
# How a picture must be turned so that a viewer who obeys the orientation turns it back.
STORED = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}


def develop(drawing: Image.Image, shot: Shot, rng: Random) -> bytes:
    """The bytes of the photo."""
    ending = shot.name.rpartition(".")[2].lower()
    if ending == "png":
        return _png(drawing, shot)
    photo = _exposed(drawing, shot.size, rng)
    if ending == "webp":
        return _saved(photo.convert("RGB"), "WEBP", quality=82, method=1, exif=_exif(shot))
    if shot.orientation in STORED:
        photo = photo.transpose(STORED[shot.orientation])
    return _saved(photo, "JPEG", quality=88, subsampling="4:2:0", exif=_exif(shot))


def _exposed(drawing: Image.Image, size: tuple[int, int], rng: Random) -> Image.Image:
    """The drawing at the camera's resolution with sensor noise, as YCbCr.

    Only the brightness gets noise: that of the colours is what cameras remove.
    """
    brightness, blue, red = drawing.convert("YCbCr").split()
    noisy = ImageChops.add(brightness.resize(size, BICUBIC), _grain(size, rng), 1, -128)
    return Image.merge("YCbCr", (noisy, blue.resize(size, BILINEAR), red.resize(size, BILINEAR)))


def _grain(size: tuple[int, int], rng: Random) -> Image.Image:
    """Film grain around grey, from one tile that is turned at random."""
    raw = Image.frombytes("L", (GRAIN_TILE,) * 2, rng.randbytes(GRAIN_TILE * GRAIN_TILE))
    tile = raw.filter(ImageFilter.GaussianBlur(0.7)).point(
        [min(255, max(0, round(128 + (value - 128) * 0.19))) for value in range(256)]
    )
    turned = [tile, *(tile.transpose(way) for way in Image.Transpose)]
    sheet = Image.new("L", size)
    for y in range(0, size[1], GRAIN_TILE):
        for x in range(0, size[0], GRAIN_TILE):
            sheet.paste(rng.choice(turned), (x, y))
    return sheet


def _png(drawing: Image.Image, shot: Shot) -> bytes:
    """What a shop makes for its catalogue: smaller, without grain, lossless."""
    return _saved(drawing.resize(shot.size, BICUBIC), "PNG", compress_level=3)


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _exif(shot: Shot) -> Image.Exif:
    base = ExifTags.Base
    when = shot.taken.strftime("%Y:%m:%d %H:%M:%S")
    exif = Image.Exif()
    exif[base.Make] = "Lumen"
    exif[base.Model] = "Lumen M5"
    exif[base.Orientation] = shot.orientation
    exif[base.DateTime] = when
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[base.DateTimeOriginal] = when
    details[base.ExposureTime] = TiffImagePlugin.IFDRational(1, 125)
    details[base.FNumber] = TiffImagePlugin.IFDRational(56, 10)
    details[base.ISOSpeedRatings] = 400
    details[base.FocalLength] = TiffImagePlugin.IFDRational(50, 1)
    if shot.place:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(_position(*shot.place))
    return exif


def _position(north: float, east: float) -> dict[int, object]:
    tag = ExifTags.GPS
    return {
        tag.GPSLatitudeRef: "N" if north >= 0 else "S",
        tag.GPSLatitude: _degrees(north),
        tag.GPSLongitudeRef: "E" if east >= 0 else "W",
        tag.GPSLongitude: _degrees(east),
    }


def _degrees(angle: float) -> tuple[TiffImagePlugin.IFDRational, ...]:
    """Degrees, minutes and seconds, the last to a hundredth."""
    minutes, whole = math.modf(abs(angle))
    seconds, minute = math.modf(minutes * 60)
    parts = ((int(whole), 1), (int(minute), 1), (round(seconds * 6000), 100))
    return tuple(TiffImagePlugin.IFDRational(*part) for part in parts)
