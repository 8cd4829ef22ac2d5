import pytest

from media_staging.containers import InvalidImage

APPLICATION = b"\x21\xff\x0bXMP DataXMP"
MAGIC = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"


def with_xmp(gif: bytes, block: bytes) -> bytes:
    return gif[:-1] + APPLICATION + block + b";"


def sub_blocks(data: bytes) -> bytes:
    parts = [data[at : at + 200] for at in range(0, len(data), 200)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\x00"


@pytest.mark.parametrize("name", ["still.gif", "moving.gif"])
def test_image_is_kept_byte_for_byte(images, samples, name):
    images.cleaned(samples[name])
    found = images.looked_at(samples[name])
    assert found.patches == ()
    assert found.frames == (3 if name == "moving.gif" else 1)


@pytest.mark.parametrize("shape", ["magic", "sub-blocks"])
def test_position_in_xmp_is_removed(images, samples, shape):
    block = images.XMP + MAGIC if shape == "magic" else sub_blocks(images.XMP)
    clean = images.cleaned(with_xmp(samples["moving.gif"], block))
    assert b"GPSL" not in clean
    assert b"41.3712N" not in clean


def test_bytes_after_the_trailer_are_accepted(images, samples):
    assert images.looked_at(samples["still.gif"] + b"tail").width == 64


def test_screen_without_an_image_is_refused(images):
    with pytest.raises(InvalidImage) as refused:
        images.looked_at(b"GIF89a\x01\x00\x01\x00\x00\x00\x00;")
    assert refused.value.code == "corrupt"


def test_frame_larger_than_the_screen_counts(images):
    frame = b"\x2c\x00\x00\x00\x00\x60\xea\x60\xea\x00\x02\x02\x4c\x01\x00"
    with pytest.raises(InvalidImage) as refused:
        images.looked_at(b"GIF89a\x01\x00\x01\x00\x00\x00\x00" + frame + b";")
    assert refused.value.code == "too_many_pixels"


@pytest.mark.parametrize("end", [b"", bytes(700), b"\0;tail"])
@pytest.mark.parametrize("name", ["still.gif", "moving.gif"])
def test_a_missing_trailer_costs_nothing(images, samples, name, end):
    whole = samples[name]
    found = images.looked_at(whole[:-1] + end)
    assert found == images.looked_at(whole)


def test_only_the_first_frame_makes_the_picture_larger(images):
    """As in browsers, which show of later ones what lies on the screen."""
    small = b"\x2c\0\0\0\0\x04\0\x03\0\0\x02\x02\x4c\x01\0"
    large = small.replace(b"\x04\0\x03\0", b"\x60\xea\x60\xea")
    found = images.looked_at(b"GIF89a\x01\0\x01\0\0\0\0" + small + large + b";")
    assert (found.width, found.height, found.frames) == (4, 3, 2)
