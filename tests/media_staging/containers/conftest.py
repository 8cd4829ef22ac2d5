"""Real images with a position in their metadata, and what must be true once it is removed."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import ExifTags, Image, ImageChops, ImageCms, ImageOps

from media_staging.containers import Inspection, inspect

GPS_IFD = ExifTags.IFD.GPSInfo
LATITUDE = "35,41.3712N"

XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Camera 1"
 exif:GPSLatitude="{LATITUDE}" exif:GPSVersionID='2.3.0.0'>
<exif:GPSLongitude>139,41.5010E</exif:GPSLongitude>
<xmp:Rating>4</xmp:Rating>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>""".encode()


def picture(width: int = 64, height: int = 40) -> Image.Image:
    ramp = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (ramp, ImageOps.mirror(ramp.rotate(180)), ImageOps.invert(ramp)))


def exif(*, gps: bool = True, orientation: int = 6, endian: str = "<") -> Image.Exif:
    made = Image.Exif()
    made.endian = endian
    made[ExifTags.Base.Make] = "Acme Cameras"
    made[ExifTags.Base.Orientation] = orientation
    made[ExifTags.Base.Software] = "Firmware 1.2.3"
    # The highest tag of IFD0 follows the pointer to the positions.
    made[0xC4A5] = b"PrintIM0300"
    made.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2024:05:06 07:08:09"
    if gps:
        made.get_ifd(GPS_IFD).update(
            {1: "N", 2: (35.0, 41.0, 22.27), 3: "E", 4: (139.0, 41.0, 30.06), 29: "2024:05:06"}
        )
    return made


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def icc() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def patched(data: bytes, found: Inspection) -> bytes:
    edited = bytearray(data)
    end = 0
    for at, replacement in found.patches:
        assert replacement
        assert end <= at
        end = at + len(replacement)
        assert end <= len(data)
        edited[at:end] = replacement
    return bytes(edited)


def looked_at(data: bytes, *, strip: bool = True) -> Inspection:
    return inspect(data, max_pixels=64_000_000, strip_location=strip)


def frames(data: bytes) -> list[Image.Image]:
    with Image.open(BytesIO(data)) as image:
        shown = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            shown.append(image.convert("RGBA"))
        return shown


def plain_tags(image: Image.Image) -> dict[int, object]:
    """The tags of IFD0 without pointers to other tables."""
    pointers = (GPS_IFD, ExifTags.IFD.Exif)
    return {tag: value for tag, value in image.getexif().items() if tag not in pointers}


def cleaned(data: bytes) -> bytes:
    """The image without its position, after checking that nothing else has changed."""
    found = looked_at(data)
    clean = patched(data, found)
    before, after = Image.open(BytesIO(data)), Image.open(BytesIO(clean))
    # Pillow turns a WebP, too; browsers do not.
    upright = before if found.format == "webp" else ImageOps.exif_transpose(before)
    assert (found.width, found.height) == upright.size
    assert found.frames == getattr(before, "n_frames", 1)
    assert found.format == before.format.lower()
    # Pillow has a name of its own for animated PNG.
    assert found.content_type == before.get_format_mimetype().replace("apng", "png")
    assert not after.getexif().get_ifd(GPS_IFD)
    assert plain_tags(after) == plain_tags(before)
    assert after.getexif().get_ifd(ExifTags.IFD.Exif) == before.getexif().get_ifd(ExifTags.IFD.Exif)
    assert after.info.get("icc_profile") == before.info.get("icc_profile")
    shown, still_shown = frames(data), frames(clean)
    assert len(shown) == len(still_shown)
    for one, other in zip(shown, still_shown, strict=True):
        assert one.size == other.size
        assert ImageChops.difference(one, other).getbbox(alpha_only=False) is None
    again = looked_at(clean)
    assert again.patches == ()
    assert (again.width, again.height) == (found.width, found.height)
    assert looked_at(data, strip=False).patches == ()
    return clean


class Images:
    """The helpers above, for test modules."""

    GPS_IFD, XMP, LATITUDE = GPS_IFD, XMP, LATITUDE.encode()
    picture, exif, saved, icc = map(staticmethod, (picture, exif, saved, icc))
    patched, looked_at, cleaned = map(staticmethod, (patched, looked_at, cleaned))


@pytest.fixture(scope="session")
def images() -> type[Images]:
    return Images


@pytest.fixture(scope="session")
def samples() -> dict[str, bytes]:
    return make_samples()


def make_samples() -> dict[str, bytes]:
    """One small real file of each kind, all with a position where the format has room for it."""
    one, other = picture(), ImageOps.flip(picture())
    # As bytes: saving as AVIF takes the orientation out of an Exif object.
    both: dict[str, object] = {"exif": exif().tobytes(), "xmp": XMP}
    # Pillow 13 crashes when it saves a turned animation as AVIF.
    upright: dict[str, object] = {"exif": exif(orientation=1).tobytes(), "xmp": XMP}
    moving: dict[str, object] = {"save_all": True, "append_images": [other, one], "duration": 50}
    makers: dict[str, Callable[[], bytes]] = {
        "baseline.jpg": lambda: saved(one, "JPEG", **both),
        "progressive.jpg": lambda: saved(one, "JPEG", progressive=True, **both),
        "plain.jpg": lambda: saved(one, "JPEG"),
        "still.png": lambda: saved(one, "PNG", exif=exif()),
        "moving.png": lambda: saved(one, "PNG", **moving),
        "lossy.webp": lambda: saved(one, "WEBP", **both),
        "wide.webp": lambda: saved(one, "WEBP", xmp=XMP.decode().encode("utf-16-le")),
        "lossless.webp": lambda: saved(one, "WEBP", lossless=True),
        "moving.webp": lambda: saved(one, "WEBP", **both, **moving),
        "still.gif": lambda: saved(one, "GIF"),
        "moving.gif": lambda: saved(one, "GIF", **moving),
        "still.avif": lambda: saved(one, "AVIF", **both),
        "moving.avif": lambda: saved(one, "AVIF", **upright, **moving),
    }
    return {name: make() for name, make in makers.items()}
