import struct
import tracemalloc
import zlib
from io import BytesIO

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from media_staging.containers import InvalidImage


def with_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """The image with one more chunk, directly after its header."""
    chunk = struct.pack(">I", len(body)) + kind + body
    return png[:33] + chunk + struct.pack(">I", zlib.crc32(kind + body)) + png[33:]


def raw_profile(name: str, body: bytes) -> str:
    digits = body.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return f"\n{name}\n{len(body):8}\n{lines}\n"


def with_text(images, keyword: str, text: str, **options: object) -> bytes:
    info = PngInfo()
    info.add_text(keyword, text, **options)
    info.add_text("Title", "A chair")
    return images.saved(images.picture(), "PNG", pnginfo=info)


@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "1"])
def test_position_is_removed_and_nothing_else(images, mode, endian):
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", images.XMP.decode())
    data = images.saved(
        images.picture().convert(mode),
        "PNG",
        exif=images.exif(endian=endian),
        pnginfo=info,
        icc_profile=images.icc(),
    )
    clean = images.cleaned(data)
    assert b"GPS" not in clean
    assert b"2024:05:06\x00" not in clean
    assert b"<xmp:Rating>4</xmp:Rating>" in clean


def test_image_without_position_is_kept_byte_for_byte(images):
    data = images.saved(images.picture(), "PNG", exif=images.exif(gps=False))
    assert images.looked_at(data).patches == ()
    assert images.looked_at(with_text(images, "Comment", "GPS is not a place")).patches == ()


def test_compressed_xmp_loses_its_position_only(images):
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", images.XMP.decode(), zip=True)
    info.add_text("Title", "A chair")
    clean = images.cleaned(images.saved(images.picture(), "PNG", pnginfo=info))
    text = Image.open(BytesIO(clean)).text
    assert text["Title"] == "A chair"
    assert "GPS" not in text["XML:com.adobe.xmp"]
    assert "<xmp:Rating>4</xmp:Rating>" in text["XML:com.adobe.xmp"]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", ["exif", "APP1", "xmp"])
def test_raw_profile_loses_its_position_but_not_its_camera(images, name, zipped):
    body = images.XMP if name == "xmp" else images.exif().tobytes()
    text = raw_profile(name, body)
    data = with_text(images, f"Raw profile type {name}", text, zip=zipped)
    clean = images.patched(data, images.looked_at(data))
    opened = Image.open(BytesIO(clean))
    opened.load()
    kept = opened.text[f"Raw profile type {name}"].split("\n", 3)
    assert kept[:3] == text.split("\n", 3)[:3]
    profile = bytes.fromhex(kept[3])
    assert len(profile) == len(body)
    assert b"GPS" not in profile
    assert b"2024:05:06\0" not in profile
    assert (b"Camera 1" if name == "xmp" else b"Acme Cameras") in profile
    assert opened.text["Title"] == "A chair"
    assert images.looked_at(clean).patches == ()


def test_raw_profile_without_position_is_kept(images):
    text = raw_profile("exif", images.exif(gps=False).tobytes())
    data = with_text(images, "Raw profile type exif", text, zip=True)
    assert images.looked_at(data).patches == ()


def test_position_as_a_keyword_becomes_padding(images):
    data = with_text(images, "exif:GPSLatitude", "35/1, 41/1")
    clean = images.cleaned(data)
    assert b"35/1" not in clean


def test_animation_counts_its_frames(images, samples):
    assert images.looked_at(samples["moving.png"]).frames == 3
    images.cleaned(samples["moving.png"])


def test_wrong_checksum_is_refused(images, samples):
    data = bytearray(samples["still.png"])
    data[data.index(b"IDAT") + 9] ^= 1
    with pytest.raises(InvalidImage) as refused:
        images.looked_at(bytes(data))
    assert refused.value.code == "corrupt"


@pytest.mark.parametrize(
    ("kind", "head"),
    [(b"tEXt", b"\0"), (b"zTXt", b"\0\0"), (b"iTXt", b"\0\x01\0\0\0")],
)
def test_long_texts_are_taken_and_inflated_within_bounds(images, kind, head):
    """What may hold a position, and is too long to be looked through, goes as a whole."""
    plain = images.saved(images.picture(), "PNG")
    long = (b"x" if kind == b"tEXt" else zlib.compress(b"x" * 3_000_000 + images.XMP, 9)) + b"x"
    comment = with_chunk(plain, kind, b"Comment" + head + long)
    assert images.looked_at(comment).patches == ()
    xmp = with_chunk(plain, kind, b"XML:com.adobe.xmp" + head + long)
    clean = images.patched(xmp, images.looked_at(xmp))
    assert (b"prVt" in clean) == (kind != b"tEXt")


def test_texts_are_inflated_to_no_more_than_the_file_and_a_megabyte(images):
    bomb = b"Raw profile type xmp\0\0" + zlib.compress(bytes(50_000_000), 9)
    data = with_chunk(images.saved(images.picture(), "PNG"), b"zTXt", bomb)
    tracemalloc.start()
    found = images.looked_at(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000
    assert b"prVt" in images.patched(data, found)


def test_a_wrong_checksum_of_metadata_stays_without_effect(images):
    """Readers skip such a chunk; with a right one, they would turn the picture."""
    block = images.exif().tobytes().removeprefix(b"Exif\0\0")
    data = bytearray(with_chunk(images.saved(images.picture(), "PNG"), b"eXIf", block))
    data[33 + 8 + len(block)] ^= 1
    found = images.looked_at(bytes(data))
    assert (found.width, found.orientation) == (64, 1)
    clean = images.patched(bytes(data), found)
    assert b"2024:05:06\0" not in clean
    assert images.looked_at(clean).orientation == 1


@pytest.mark.parametrize("body", [b"", b"\x00", b"k\x00\x01", b"k\x00\x00junk", b"x" * 90])
@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"eXIf"])
def test_malformed_metadata_is_left_alone(images, kind, body):
    data = with_chunk(images.saved(images.picture(), "PNG"), kind, body)
    assert images.looked_at(data).patches == ()


def test_image_without_pixels_is_refused(images):
    data = images.saved(images.picture(), "PNG")
    with pytest.raises(InvalidImage) as refused:
        images.looked_at(data[:33] + data[-12:])
    assert refused.value.code == "corrupt"
