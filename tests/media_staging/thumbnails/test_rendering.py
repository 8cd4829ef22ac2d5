"""What becomes of a picture in the process that makes it small."""

import os
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

from media_staging.containers import Decodable, for_decoder
from media_staging.errors import RenderingFailed
from media_staging.models import THUMBNAIL_SIDE
from media_staging.thumbnails.rendering import Rendered, Renderer
from tests.media_staging.thumbnails.pictures import encoded, noise, rendered
from tests.support.odd_pictures import SHOWN


def decoded(rendered: Rendered) -> Image.Image:
    image = Image.open(BytesIO(rendered.data), formats=["WEBP"])
    image.load()
    assert image.size == (rendered.width, rendered.height)
    return image


def is_close(one: Any, other: tuple[int, ...], by: int = 6) -> bool:
    return all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


# --- What comes out ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "small"),
    [((1200, 900), (640, 480)), ((900, 1200), (480, 640)), ((3000, 1), (640, 1)), ((5, 3), (5, 3))],
)
def test_the_longer_side_fits_and_nothing_is_made_larger(
    shared: Renderer, size: tuple[int, int], small: tuple[int, int]
) -> None:
    assert decoded(rendered(shared, encoded(Image.new("RGB", size)))).size == small
    assert max(small) <= THUMBNAIL_SIDE


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_one_picture_in_two_sizes(shared: Renderer, kind: str) -> None:
    image = Image.linear_gradient("L").resize((3000, 2000)).convert("RGB")
    picture = encoded(image, kind, **({"exif": turned()} if kind == "JPEG" else {}))
    small, large = map(decoded, shared.render(for_decoder(picture), [640, 1600]))
    sizes = {"JPEG": ((427, 640), (1067, 1600)), "PNG": ((640, 427), (1600, 1067))}
    assert (small.size, large.size) == sizes[kind]
    expected = image.rotate(-90, expand=True) if kind == "JPEG" else image
    for each in (small, large):
        seen = ImageChops.difference(each, expected.resize(each.size))
        assert max(ImageStat.Stat(seen).mean) < 2


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif.tobytes()


def test_it_is_turned_as_told_whatever_its_metadata_says(shared: Renderer) -> None:
    image = Image.new("RGB", (800, 400), "red")
    image.paste("blue", (0, 0, 400, 400))
    exif = Image.Exif()
    exif[0x0112] = 3
    exif[0x010F] = "a camera"
    picture = encoded(image, exif=exif.tobytes())
    turned = Decodable(picture, orientation=6)  # a quarter to the right
    small = decoded(shared.render(turned, [THUMBNAIL_SIDE])[0])
    assert small.size == (320, 640)
    assert is_close(small.getpixel((120, 100)), (0, 0, 255))
    assert is_close(small.getpixel((120, 380)), (255, 0, 0))
    assert not small.info.get("exif")


@pytest.mark.parametrize(
    ("kind", "opacities"),
    [
        ("PNG, transparent red", (0, 255, 255, 255)),
        ("PNG, grey of 2 bits, transparent white", (255, 0, 0, 255)),
        ("PNG, grey of 16 bits, transparent white", (255, 0, 0, 255)),
        ("PNG, large grey of 16 bits", (255, 255, 255, 255)),
        ("GIF that begins with a part", (0, 255, 0, 255)),
        ("PNG, animated, beginning with a part", (0, 255, 0, 255)),
        ("PNG with a large profile", (255, 255, 255, 255)),
        ("PNG with a wrong CRC of its transparency", (255, 255, 255, 255)),
    ],
)
def test_odd_pictures_have_thumbnails_that_are_transparent_where_they_are(
    shared: Renderer, kind: str, opacities: tuple[int, ...]
) -> None:
    small = decoded(rendered(shared, SHOWN[kind]())).convert("RGBA")
    places = [(x, y) for y in (100, 320) for x in (160, 480)]
    assert tuple(small.getpixel(place)[3] for place in places) == opacities  # type: ignore[index]


PIXELS = [
    ("L", 90, "JPEG", (90, 90, 90)),
    ("CMYK", (0, 255, 255, 0), "JPEG", (255, 0, 0)),
    ("1", 1, "PNG", (255, 255, 255)),
    ("P", 0, "PNG", (0, 0, 0)),
    ("I;16", 128 << 8, "PNG", (128, 128, 128)),
    ("LA", (77, 128), "PNG", (77, 77, 77, 128)),
    ("RGBA", (10, 200, 30, 128), "PNG", (10, 200, 30, 128)),
    ("RGB", (9, 99, 199), "AVIF", (9, 99, 199)),
    ("RGBA", (9, 99, 199, 90), "WEBP", (9, 99, 199, 90)),
]


@pytest.mark.parametrize(("mode", "color", "kind", "pixel"), PIXELS, ids=str)
def test_every_kind_of_pixel(
    shared: Renderer, mode: str, color: Any, kind: str, pixel: tuple[int, ...]
) -> None:
    picture = encoded(Image.new(mode, (800, 800), color), kind)
    small = decoded(rendered(shared, picture))
    assert small.size == (640, 640)
    assert is_close(small.getpixel((240, 240)), pixel)


def test_a_transparent_color_of_a_palette_stays_transparent(shared: Renderer) -> None:
    image = Image.new("P", (600, 600), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(0, (0, 0, 300, 600))
    small = decoded(rendered(shared, encoded(image, "PNG", transparency=1)))
    assert is_close(small.getpixel((100, 240)), (255, 0, 0, 255))
    assert small.getpixel((380, 240))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame(shared: Renderer, kind: str) -> None:
    frames = [Image.new("RGB", (600, 400), color) for color in ("red", "lime", "blue")]
    picture = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    small = decoded(rendered(shared, picture))
    assert not getattr(small, "is_animated", False)
    assert is_close(small.convert("RGB").getpixel((240, 100)), (255, 0, 0))


def test_the_colors_of_a_profile_become_those_of_every_browser(shared: Renderer) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    broken = encoded(Image.new("RGB", (600, 600), (200, 50, 50)), icc_profile=b"not a profile")
    other = encoded(Image.new("RGB", (600, 600), (200, 50, 50)), icc_profile=profile)
    for picture in (broken, other):
        small = decoded(rendered(shared, picture))
        assert is_close(small.getpixel((9, 9)), (200, 50, 50))
        assert not small.info.get("icc_profile")


# --- Damage ------------------------------------------------------------------------------------


def with_zeros(picture: bytes) -> bytes:
    middle = len(picture) // 2
    return picture[:middle] + bytes(64) + picture[middle + 64 :]


def cut(jpeg: bytes) -> bytes:
    """Half of it, and an end marker: what its container looks like is whole."""
    return jpeg[: len(jpeg) // 2] + b"\xff\xd9"


def short_png() -> bytes:
    """A sound container with half of the pixels' stream."""
    stream = zlib.compress(b"".join(b"\0" + os.urandom(300) for _row in range(100)))
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 100, 100, 8, 2, 0, 0, 0)),
        (b"IDAT", stream[: len(stream) // 2]),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(lambda: cut(encoded(noise())), id="JPEG that ends early"),
        pytest.param(lambda: with_zeros(encoded(noise(), "PNG")), id="PNG with a hole"),
        pytest.param(short_png, id="PNG that ends early"),
        pytest.param(lambda: cut(encoded(noise(), "WEBP")), id="WebP that ends early"),
    ],
)
def test_damage_is_told_for_good(shared: Renderer, picture: Callable[[], bytes]) -> None:
    with pytest.raises(RenderingFailed) as failed:
        rendered(shared, picture())
    assert failed.value.code == "damaged_pixels"
    assert failed.value.is_final


@pytest.mark.parametrize("picture", [b"words", b"", encoded(noise((9, 9)), "TIFF")])
def test_what_the_decoder_does_not_know_is_not_called_damaged(
    shared: Renderer, picture: bytes
) -> None:
    with pytest.raises(RenderingFailed) as failed:
        rendered(shared, picture)
    assert (failed.value.code, failed.value.is_final) == ("no_thumbnail", False)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"progressive": True},
        {"subsampling": 0, "optimize": True},
        {"restart_marker_blocks": 5},
        {"quality": 3},
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [(1, 1), (17, 5), (700, 501)], ids=str)
def test_a_sound_jpeg_is_never_called_damaged(
    shared: Renderer, options: dict[str, Any], size: tuple[int, int]
) -> None:
    for mode in ("RGB", "L", "CMYK"):
        for image in (noise(size), Image.new("RGB", size, "white")):
            rendered(shared, encoded(image.convert(mode), **options))


def test_a_camera_s_jpeg_with_a_preview_and_bytes_behind_its_end(shared: Renderer) -> None:
    exif = Image.Exif()
    exif[0x010F] = encoded(noise((160, 120))).decode("latin-1")
    photo = encoded(noise(), exif=exif.tobytes())
    small = decoded(rendered(shared, photo + b"\xff\xd9 and more \xff\xda"))
    assert small.size == (640, 480)
    with pytest.raises(RenderingFailed):
        rendered(shared, cut(photo))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_metadata_that_cannot_be_read_is_no_damage(shared: Renderer, kind: str) -> None:
    picture = encoded(noise(), kind, exif=b"Exif\0\0nonsense, and more of it")
    assert rendered(shared, picture).width == 640


def test_several_pictures_in_one_jpeg_show_the_first(shared: Renderer) -> None:
    first, second = Image.new("RGB", (960, 640), "red"), Image.new("RGB", (60, 40), "blue")
    picture = encoded(first, "MPO", save_all=True, append_images=[second])
    small = decoded(rendered(shared, picture))
    assert small.size == (640, 427)
    assert is_close(small.getpixel((9, 9)), (255, 0, 0))
