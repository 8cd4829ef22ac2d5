import mmap
import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, features

from media_staging.containers import InvalidImage, inspect
from tests.media_staging.containers.conftest import frames
from tests.support.odd_pictures import UNSHOWN

KINDS = [
    "baseline.jpg",
    "progressive.jpg",
    "plain.jpg",
    "still.png",
    "moving.png",
    "lossy.webp",
    "lossless.webp",
    "moving.webp",
    "still.gif",
    "moving.gif",
    *(["still.avif", "moving.avif"] if features.check("avif") else []),
]


def code_of(data: bytes, max_pixels: int = 64_000_000) -> str:
    """The refusal's code, or nothing; any other exception fails the test."""
    try:
        inspect(data, max_pixels=max_pixels, strip_location=True)
    except InvalidImage as refused:
        assert str(refused.message)
        return refused.code
    return ""


def png_header(width: int, height: int) -> bytes:
    out = BytesIO()
    Image.new("L", (1, 1)).save(out, "PNG")
    data = bytearray(out.getvalue())
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


@pytest.mark.parametrize("kind", KINDS)
def test_whole_file_is_accepted_and_every_prefix_refused(samples, kind):
    data = samples[kind]
    assert code_of(data) == ""
    step = max(1, len(data) // 400)
    for end in {0, 1, 2, 3, *range(0, len(data), step), *range(len(data) - 40, len(data))}:
        code = code_of(data[:end])
        if kind.endswith(".gif") and not code:
            # Whole up to a frame, and without its last byte.
            assert frames(data[:end]) == frames(data)[: len(frames(data[:end]))]
        else:
            assert code in {"empty", "unsupported_format", "truncated", "corrupt"}, end


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
    cut=st.none() | st.tuples(st.floats(0, 1), st.integers(0, 20)),
    noise=st.binary(max_size=12),
)
def test_damage_is_refused_or_survived(samples, kind, flips, cut, noise):
    data = bytearray(samples[kind])
    for place, value in flips:
        data[int(place * (len(data) - 1))] = value
    if cut:
        at = int(cut[0] * len(data))
        data[at : at + cut[1]] = noise
    try:
        found = inspect(data, max_pixels=64_000_000, strip_location=True)
    except InvalidImage:
        return
    end = 0
    for at, replacement in found.patches:
        assert end <= at
        end = at + len(replacement)
    assert end <= len(data)


@pytest.mark.parametrize(
    "head",
    [
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x40\0\0\0WEBPVP8 ",
        b"GIF89a",
        b"\0\0\0\x14ftyp",
    ],
)
@given(rest=st.binary(max_size=200))
def test_garbage_after_a_signature_is_refused(head, rest):
    assert code_of(head + rest)


@pytest.mark.parametrize("form", ["TIFF", "EPS", "PPM", "BMP", "ICO", "PDF", "TGA", "JPEG2000"])
def test_other_formats_are_refused(images, form):
    if form == "JPEG2000" and not features.check("jpg_2000"):
        pytest.skip("Pillow was built without JPEG 2000")
    assert code_of(images.saved(images.picture(), form)) == "unsupported_format"


@pytest.mark.parametrize("kind", UNSHOWN)
def test_what_no_browser_shows_is_refused_with_the_reason(kind):
    code, make = UNSHOWN[kind]
    assert code_of(make()) == code


@pytest.mark.parametrize("text", [b"<svg/>", b"<!doctype html>", b"hello", b"\x00" * 40, b"RIFF"])
def test_what_is_no_image_is_refused(text):
    assert code_of(text) == "unsupported_format"


def test_empty_file_is_refused():
    assert code_of(b"") == "empty"


def test_heic_says_how_to_export_a_jpeg():
    whole = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\1\0meta"
    for data in (whole, whole[:24], whole[:14]):
        with pytest.raises(InvalidImage) as refused:
            inspect(data, max_pixels=1, strip_location=True)
        assert refused.value.code == "heic"
        assert "JPEG" in str(refused.value.message)


def test_pixel_limit_is_inclusive(images):
    data = images.saved(images.picture(64, 40), "PNG")
    assert code_of(data, max_pixels=64 * 40) == ""
    assert code_of(data, max_pixels=64 * 40 - 1) == "too_many_pixels"


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ((1, 60_000), "absurd_shape"),
        ((60_000, 1), "absurd_shape"),
        ((8_000, 400), ""),
        ((8_000, 100), ""),
        ((1_000, 30_000), ""),
        ((9_000, 9_000), "too_many_pixels"),
    ],
)
def test_shapes(size, code):
    assert code_of(png_header(*size)) == code


@pytest.mark.parametrize("kind", ["moving.png", "moving.webp", "moving.gif"])
def test_animation_may_hold_four_times_the_pixels(images, samples, kind):
    several = [images.picture(), images.picture().rotate(180)] * 3
    form = kind.removeprefix("moving.").upper()
    data = images.saved(several[0], form, save_all=True, append_images=several[1:5])
    found = images.looked_at(data)
    assert found.frames == 5
    assert code_of(data, max_pixels=found.width * found.height) == "animation_too_large"
    assert code_of(samples[kind], max_pixels=64 * 40) == ""


def test_mapped_file_can_be_closed_after_acceptance_and_refusal(samples, tmp_path: Path):
    for data, code in ((samples["baseline.jpg"], ""), (samples["still.png"][:-20], "truncated")):
        path = tmp_path / "upload"
        path.write_bytes(data)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            seen = ""
            try:
                found = inspect(view, max_pixels=64_000_000, strip_location=True)
            except InvalidImage as refused:
                seen = refused.code
                view.close()
            assert seen == code
        assert code or found == inspect(data, max_pixels=64_000_000, strip_location=True)


@pytest.mark.parametrize("kind", KINDS)
def test_every_buffer_gives_the_same(samples, kind):
    data = samples[kind]
    seen = {
        inspect(buffer, max_pixels=64_000_000, strip_location=True)
        for buffer in (data, bytearray(data), memoryview(data))
    }
    assert len(seen) == 1
