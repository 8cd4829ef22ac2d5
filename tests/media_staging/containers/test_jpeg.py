import struct
from io import BytesIO

import pytest
from PIL import Image

from media_staging.containers import InvalidImage

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


# --- Positions in a form of their own ----------------------------------------------------------


def thermal(order: str) -> bytes:
    """A file of a thermal camera: a head, a directory of two records, and these."""
    position = b"\x01\0\0\0N\0E\0" + struct.pack("<dd", 41.0082, 28.9784) + b"WGS84\0"
    camera = b"FLIR E4" + bytes(9)
    head = b"FFF\0MTX IR".ljust(0x14, b"\0") + struct.pack(order + "III", 101, 0x40, 2)
    entry = order + "HHIIIIIII"
    first, second = 0x40 + 64, 0x40 + 64 + len(camera)
    directory = struct.pack(entry, 0x20, 1, 100, 1, first, len(camera), 0, 0, 0)
    directory += struct.pack(entry, 0x2B, 1, 100, 1, second, len(position), 0, 0, 0)
    return head.ljust(0x40, b"\0") + directory + camera + position


@pytest.mark.parametrize("order", [">", "<"])
def test_position_of_a_thermal_camera_is_removed(images, order):
    data, block = images.saved(images.picture(), "JPEG"), thermal(order)
    cut = len(block) - 20
    for part, piece in ((1, block[cut:]), (0, block[:cut])):
        data = with_segment(data, 0xE1, b"FLIR\0\1" + bytes([part, 1]) + piece)
    clean = images.cleaned(data)
    assert b"WGS84" in data
    assert b"WGS84" not in clean
    assert struct.pack("<d", 28.9784)[:4] not in clean
    assert b"FLIR E4" in clean


def resources(*pairs: tuple[int, bytes]) -> bytes:
    made = b"Photoshop 3.0\0"
    for number, body in pairs:
        made += b"8BIM" + struct.pack(">H", number) + b"\x03abc" + struct.pack(">I", len(body))
        made += body + b"\0" * (len(body) % 2)
    return made


def test_position_inside_photoshops_resources_is_removed(images):
    block = images.exif().tobytes().removeprefix(b"Exif\0\0")
    body = resources((0x0404, b"odd"), (0x0422, block), (0x0424, images.XMP))
    clean = images.cleaned(with_segment(images.saved(images.picture(), "JPEG"), 0xED, body))
    assert b"2024:05:06\0" not in clean
    assert b"GPS" not in clean
    assert b"Acme Cameras" in clean
    assert b"<xmp:Rating>4" in clean


@pytest.mark.parametrize(
    ("comment", "goes"),
    [
        (b"Latitude: 41.0082, Longitude: 28.9784", True),
        (b"gps=41.0082,28.9784\0", True),
        (b"+41.0082+028.9784/", True),
        (b"CREATOR: gd-jpeg v1.0, quality = 90", False),
        (b"No GPS; latitude unknown", False),
        (b"\x01\x02gps=41", False),
    ],
)
def test_a_comment_that_tells_a_position_is_blanked(images, comment, goes):
    data = with_segment(images.saved(images.picture(), "JPEG"), 0xFE, comment)
    clean = images.cleaned(data)
    assert (comment not in clean) == goes
    assert (clean != data) == goes


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def film(*, full: bool) -> bytes:
    """As Android writes it (a box of its own), and as Apple does (a list of names and values)."""
    place = b"+41.0082+028.9784/"
    keys = box(
        b"keys",
        bytes(4) + struct.pack(">I", 2),
        box(b"mdta", b"com.apple.quicktime.make"),
        box(b"mdta", b"com.apple.quicktime.location.ISO6709"),
    )
    values = box(
        b"ilst",
        box(b"\0\0\0\1", box(b"data", struct.pack(">II", 1, 0), b"Acme Cameras")),
        box(b"\0\0\0\2", box(b"data", struct.pack(">II", 1, 0), place)),
    )
    version = bytes(4) if full else b""
    meta = box(b"meta", version, box(b"hdlr", bytes(20)), keys, values)
    moov = box(
        b"moov",
        box(b"mvhd", bytes(100)),
        box(b"trak", box(b"tkhd", bytes(84)), box(b"udta", box(b"loci", bytes(6), b"here 41.01"))),
        box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(place), 0x15C7), place)),
        meta,
    )
    return box(b"ftyp", b"mp42isom") + box(b"mdat", b"\xff\xd8\xffpixels" * 50) + moov


@pytest.mark.parametrize("full", [True, False])
def test_the_film_behind_a_photo_loses_its_position_and_is_kept(images, full):
    still = images.saved(images.picture(), "JPEG", exif=images.exif())
    data = still + b"MotionPhoto_Data" + film(full=full)
    found = images.looked_at(data)
    clean = images.patched(data, found)
    assert b"41.0" not in clean
    assert b"Acme Cameras" in clean[len(still) :]
    assert images.looked_at(clean).patches == ()
    changed = [at for at in range(len(still), len(data)) if clean[at] != data[at]]
    moov = data.index(b"moov")
    assert changed[0] > moov, "what is shown lies before"
    assert len(clean) == len(data)


def test_a_broken_film_is_no_fault_of_the_photo(images):
    still = images.saved(images.picture(), "JPEG")
    for tail in (b"\0\0\0\1ftyp", b"\0\0\0\x18ftypmp42" + b"\0\0\0\x10moov\xff\xff\xff\xffudta"):
        assert images.looked_at(still + tail).patches == ()


# --- Orientation -------------------------------------------------------------------------------


def test_only_the_first_exif_before_the_pixels_turns_a_photo(images):
    turned = images.exif(orientation=6).tobytes()
    upright = images.exif(orientation=1).tobytes()
    plain = images.saved(images.picture(), "JPEG")
    first = with_segment(with_segment(plain, 0xE1, upright), 0xE1, turned)
    second = with_segment(with_segment(plain, 0xE1, turned), 0xE1, upright)
    late = plain[:-2] + with_segment(plain, 0xE1, turned)[2 : -len(plain) + 2] + plain[-2:]
    assert [images.looked_at(data).orientation for data in (first, second, late)] == [6, 1, 1]
    assert Image.open(BytesIO(late)).size == (64, 40)
