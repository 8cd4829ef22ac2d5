import struct

import pytest
from PIL import features

from media_staging.containers import InvalidImage

pytestmark = pytest.mark.skipif(not features.check("avif"), reason="Pillow was built without AVIF")


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def full_box(kind: bytes, version: int, *parts: bytes) -> bytes:
    return box(kind, bytes([version, 0, 0, 0]), *parts)


def handmade(inside: bytes, *, turns: int = 0, size: tuple[int, int] = (64, 40)) -> bytes:
    """An image without pixels whose only item is EXIF in the item data box."""
    infos = full_box(b"iinf", 0, b"\x00\x01", full_box(b"infe", 2, b"\x00\x07\x00\x00Exif\x00"))
    location = struct.pack(">BBHHHHHII", 0x44, 0, 1, 7, 1, 0, 1, 0, len(inside))
    properties = box(
        b"iprp",
        box(b"ipco", full_box(b"ispe", 0, struct.pack(">II", *size)), box(b"irot", bytes([turns]))),
        full_box(b"ipma", 0, struct.pack(">IHBBB", 1, 3, 2, 0x81, 0x82)),
    )
    meta = full_box(
        b"meta",
        0,
        full_box(b"pitm", 0, b"\x00\x03"),
        infos,
        full_box(b"iloc", 1, location),
        properties,
        box(b"idat", inside),
    )
    return box(b"ftyp", b"avif\x00\x00\x00\x00avifmif1") + meta


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_position_is_removed_and_nothing_else(images, orientation):
    data = images.saved(
        images.picture(),
        "AVIF",
        exif=images.exif(orientation=orientation),
        xmp=images.XMP,
        icc_profile=images.icc(),
    )
    clean = images.cleaned(data)
    assert b"GPS" not in clean
    assert b"2024:05:06\x00" not in clean
    assert b"<xmp:Rating>4</xmp:Rating>" in clean


def test_image_without_position_is_kept_byte_for_byte(images):
    data = images.saved(images.picture(), "AVIF", exif=images.exif(gps=False))
    assert images.looked_at(data).patches == ()


def test_animation_counts_its_frames(images, samples):
    found = images.looked_at(samples["moving.avif"])
    assert (found.frames, found.width, found.height) == (3, 64, 40)
    assert b"GPS" not in images.cleaned(samples["moving.avif"])


@pytest.mark.parametrize(("turns", "size"), [(0, (64, 40)), (1, (40, 64)), (2, (64, 40))])
def test_exif_inside_the_item_data_box(images, turns, size):
    tiff = images.exif().tobytes()
    inside = (6).to_bytes(4, "big") + tiff
    assert tiff.startswith(b"Exif\x00\x00")
    data = handmade(inside, turns=turns)
    found = images.looked_at(data)
    assert (found.width, found.height) == size
    clean = images.patched(data, found)
    assert b"2024:05:06\x00" in data
    assert b"2024:05:06\x00" not in clean
    assert b"Firmware 1.2.3" in clean


@pytest.mark.parametrize(
    ("brands", "code"),
    [
        (b"heic\x00\x00\x00\x00mif1heic", "heic"),
        (b"mif1\x00\x00\x00\x00mif1heix", "heic"),
        (b"isom\x00\x00\x00\x00mp42", "unsupported_format"),
        (b"qt  \x00\x00\x00\x00", "unsupported_format"),
    ],
)
def test_other_brands_are_refused(images, samples, brands, code):
    with pytest.raises(InvalidImage) as refused:
        images.looked_at(box(b"ftyp", brands) + samples["still.avif"])
    assert refused.value.code == code


def test_bytes_after_the_end_are_accepted(images, samples):
    for tail in (b"\x00" * 20, b"tail", b"a tail that looks like nothing"):
        assert images.looked_at(samples["still.avif"] + tail).width == 40


def test_extent_outside_of_the_file_is_refused(images, samples):
    data = samples["still.avif"]
    with pytest.raises(InvalidImage) as refused:
        images.looked_at(data[: data.index(b"mdat") - 4])
    assert refused.value.code == "truncated"
