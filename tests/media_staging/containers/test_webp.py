import pytest

from media_staging.containers import InvalidImage


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("orientation", [1, 6])
def test_position_is_removed_and_nothing_else(images, lossless, orientation):
    data = images.saved(
        images.picture(61, 37),
        "WEBP",
        lossless=lossless,
        exif=images.exif(orientation=orientation),
        xmp=images.XMP,
        icc_profile=images.icc(),
    )
    clean = images.cleaned(data)
    assert b"GPS" not in clean
    assert b"<xmp:Rating>4</xmp:Rating>" in clean


def test_exif_with_the_prefix_that_jpeg_uses(images):
    tiff = images.exif().tobytes().removeprefix(b"Exif\x00\x00")
    data = images.saved(images.picture(), "WEBP", exif=tiff)
    at = data.index(b"EXIF")
    body = b"Exif\x00\x00" + data[at + 8 :]
    length = int.from_bytes(data[at + 4 : at + 8], "little") + 6
    data = data[:at] + b"EXIF" + length.to_bytes(4, "little") + body
    data = data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:]
    found = images.looked_at(data)
    assert (found.width, found.height, found.orientation) == (64, 40, 1)
    assert b"2024:05:06\x00" not in images.patched(data, found)


@pytest.mark.parametrize("lossless", [False, True])
def test_image_without_metadata_is_kept_byte_for_byte(images, lossless):
    data = images.saved(images.picture(), "WEBP", lossless=lossless)
    assert data[12:15] == b"VP8"
    images.cleaned(data)
    assert images.looked_at(data).patches == ()


def test_transparent_image(images):
    image = images.picture().convert("RGBA")
    image.putalpha(128)
    images.cleaned(images.saved(image, "WEBP"))


def test_animation_counts_its_frames(images, samples):
    found = images.looked_at(samples["moving.webp"])
    assert (found.frames, found.width, found.height) == (3, 64, 40)
    assert b"GPS" not in images.cleaned(samples["moving.webp"])


def test_canvas_of_another_size_than_the_image_is_refused(images, samples):
    data = bytearray(samples["lossy.webp"])
    data[24] += 1
    with pytest.raises(InvalidImage) as refused:
        images.looked_at(bytes(data))
    assert refused.value.code == "corrupt"


def test_bytes_after_the_end_are_accepted(images, samples):
    assert images.looked_at(samples["lossless.webp"] + b"tail").width == 64
