import struct

import pytest
from PIL import Image

from media_staging.intake.containers import InvalidImage

EXTENSION = b"http://ns.adobe.com/xmp/extension/\x00"


def with_segment(jpeg: bytes, code: int, body: bytes) -> bytes:
    """The image with one more segment, directly after its start marker."""
    return jpeg[:2] + struct.pack(">BBH", 0xFF, code, len(body) + 2) + body + jpeg[2:]


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("endian", ["<", ">"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_position_is_removed_and_nothing_else(images, progressive, endian, orientation):
    data = images.saved(
        images.picture(),
        "JPEG",
        exif=images.exif(endian=endian, orientation=orientation),
        xmp=images.XMP,
        icc_profile=images.icc(),
        progressive=progressive,
    )
    clean = images.cleaned(data)
    assert b"GPS" not in clean
    assert b"2024:05:06\x00" not in clean
    assert b"2024:05:06 07:08:09" in clean
    assert b'xmp:CreatorTool="Camera 1"' in clean
    assert b"<xmp:Rating>4</xmp:Rating>" in clean


def test_photo_without_position_is_kept_byte_for_byte(images):
    for options in ({}, {"exif": images.exif(gps=False)}, {"icc_profile": images.icc()}):
        found = images.looked_at(images.saved(images.picture(), "JPEG", **options))
        assert found.patches == ()


def test_grey_and_cmyk_and_restart_markers(images):
    for mode in ("L", "CMYK"):
        images.cleaned(images.saved(images.picture().convert(mode), "JPEG"))
    noise = Image.effect_noise((300, 200), 90)
    images.cleaned(images.saved(noise, "JPEG", quality=100, restart_marker_blocks=1))


def test_position_in_every_exif_segment_is_removed(images):
    data = images.saved(images.picture(), "JPEG", exif=images.exif())
    second = b"Exif\x00\x00" + images.exif(endian=">").tobytes().removeprefix(b"Exif\x00\x00")
    clean = images.patched(
        with_segment(data, 0xE1, second), images.looked_at(with_segment(data, 0xE1, second))
    )
    assert clean.count(b"2024:05:06\x00") == 0


def test_exif_that_goes_on_in_a_second_segment(images):
    tiff = images.exif().tobytes().removeprefix(b"Exif\x00\x00")
    data = images.saved(images.picture(), "JPEG")
    for part in (tiff[100:], tiff[:100]):
        data = with_segment(data, 0xE1, b"Exif\x00\x00" + part)
    clean = images.patched(data, images.looked_at(data))
    assert data != clean
    assert b"2024:05:06\x00" not in clean
    assert b"Firmware 1.2.3" in clean


def test_extended_xmp_split_in_the_middle_of_a_position(images):
    cut = images.XMP.index(b"41.3712N")
    data = images.saved(images.picture(), "JPEG")
    for offset, part in ((cut, images.XMP[cut:]), (0, images.XMP[:cut])):
        head = EXTENSION + b"0" * 32 + struct.pack(">II", len(images.XMP), offset)
        data = with_segment(data, 0xE1, head + part)
    # The parts stand in the file in order, and in reverse.
    reverse = images.saved(images.picture(), "JPEG")
    for offset, part in ((0, images.XMP[:cut]), (cut, images.XMP[cut:])):
        head = EXTENSION + b"0" * 32 + struct.pack(">II", len(images.XMP), offset)
        reverse = with_segment(reverse, 0xE1, head + part)
    for file in (data, reverse):
        clean = images.patched(file, images.looked_at(file))
        assert b"GPS" not in clean
        assert b"41.3712N" not in clean
        assert b"41.5010E" not in clean
        assert b"<xmp:Rating>4" in clean


def test_position_in_appended_pictures_is_removed(images):
    data = images.saved(images.picture(), "JPEG", exif=images.exif(), xmp=images.XMP)
    for gap in (b"", bytes(500)):
        several = data + gap + data + gap + data[:-40]
        clean = images.patched(several, images.looked_at(several))
        assert b"GPS" not in clean
        assert b"2024:05:06\x00" not in clean


def test_multi_picture_file_as_pillow_writes_it(images):
    data = images.saved(
        images.picture(),
        "MPO",
        save_all=True,
        append_images=[images.picture(32, 20)],
        exif=images.exif(),
    )
    found = images.looked_at(data)
    assert (found.format, found.width, found.height) == ("jpeg", 40, 64)
    assert b"2024:05:06\x00" not in images.patched(data, found)


def test_photo_of_hundreds_of_exif_segments_is_refused(images):
    data = images.saved(images.picture(), "JPEG")
    block = images.exif().tobytes()
    for _ in range(100):
        data = with_segment(data, 0xE1, block)
    with pytest.raises(InvalidImage) as refused:
        images.looked_at(data)
    assert refused.value.code == "corrupt"


def test_bytes_after_the_end_are_accepted(images):
    data = images.saved(images.picture(), "JPEG")
    for tail in (b"\x00" * 9, b"<?php ?>", b"\xff\xd8\xff", b"\xff\xd8\xff\xe1\xff\xff", b"\xff"):
        assert images.looked_at(data + tail).width == 64


def test_headers_without_a_scan_are_refused(images):
    data = images.saved(images.picture(), "JPEG")
    scan = data.index(b"\xff\xda")
    for file, code in ((data[:scan] + b"\xff\xd9", "corrupt"), (data[:scan], "truncated")):
        with pytest.raises(InvalidImage) as refused:
            images.looked_at(file)
        assert refused.value.code == code
