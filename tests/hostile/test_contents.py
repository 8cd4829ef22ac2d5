"""What is refused for what it is: its code, its sentence in the reader's language, no trace."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from tests.hostile.conftest import Shop
from tests.hostile.http import photo
from tests.support.odd_pictures import UNSHOWN

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(200)
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *more: bytes) -> bytes:
    """A PNG whose header announces a size, and whose pixels are a bomb of zeros."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000), 9)
    parts = [chunk(b"IHDR", header), *more, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def animation(frames: int, side: int) -> bytes:
    """A GIF of frames that each announce side x side pixels and hold next to none."""
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b"\x3b"


def saved(form: str) -> Callable[[], bytes]:
    def make() -> bytes:
        stream = BytesIO()
        Image.linear_gradient("L").convert("RGB").save(stream, form)
        return stream.getvalue()

    return make


OTHERS = ("TIFF", "EPS", "PPM", "BMP", "ICO")
REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty": ("empty", lambda: b""),
    "header only": ("truncated", lambda: photo()[:400]),
    "a JPEG without its end": ("truncated", lambda: photo()[:-2]),
    "a PNG cut in half": ("truncated", lambda: photo("PNG")[:2000]),
    "a PNG with a wrong checksum": ("corrupt", lambda: photo("PNG").replace(b"IDAT", b"IDAX", 1)),
    "half a WebP": ("truncated", lambda: photo("WEBP")[:-900]),
    "half a GIF": ("truncated", lambda: photo("GIF")[:-900]),
    "half an AVIF": ("truncated", lambda: photo("AVIF")[:-900]),
    "a start of a JPEG": ("truncated", lambda: b"\xff\xd8\xff"),
    **{f"a {form}": ("unsupported_format", saved(form)) for form in OTHERS},
    "a PDF": ("unsupported_format", lambda: PDF),
    "an SVG": ("unsupported_format", lambda: SVG),
    "a page": ("unsupported_format", lambda: b"<!doctype html><script>alert(1)</script>"),
    "a page that begins as a GIF": ("corrupt", lambda: b"GIF89a/*<script>alert(1)</script>*/=1"),
    "a zip": ("unsupported_format", lambda: b"PK\x03\x04" + bytes(100)),
    "a video": ("unsupported_format", lambda: b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(200)),
    "a HEIC": ("heic", lambda: HEIC),
    "too many pixels": ("too_many_pixels", lambda: png(8001, 8000)),
    "two billion pixels": ("too_many_pixels", lambda: png(2**31 - 1, 2**31 - 1)),
    "one column": ("absurd_shape", lambda: png(1, 60_000)),
    "one row": ("absurd_shape", lambda: png(60_000, 1)),
    "no pixels": ("corrupt", lambda: png(0, 10)),
    "an endless animation": ("animation_too_large", lambda: animation(300, 1000)),
    "a JPEG of 12 bits": ("unshown_jpeg", UNSHOWN["JPEG of 12 bits"][1]),
    "a PNG of 3 bits": ("unshown_png", UNSHOWN["PNG of 3 bits"][1]),
    "half a HEIC": ("heic", lambda: HEIC[:40]),
    "very many chunks": ("corrupt", lambda: png(10, 10, *[chunk(b"prVt", b"")] * 100_001)),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_it_is_refused_with_a_sentence_and_nothing_is_stored(shop: Shop, kind: str) -> None:
    code, make = REFUSED[kind]
    before = shop.holdings()
    sentences = []
    for language in ("en", "tr"):
        # Under an innocent name; the type that is sent with it is a lie as well.
        answer = shop.upload(make(), "mug.jpg", **{"Accept-Language": language})
        assert answer.status == 400, answer.text
        (error,) = answer.json["errors"]
        assert (error["code"], error["name"]) == (code, "mug.jpg")
        assert answer.json["error"]["code"] == code
        assert answer.json["images"] == []
        sentences.append(error["message"])
    assert sentences[0].endswith(".")
    assert sentences[0] != sentences[1]
    assert shop.holdings() == before


@pytest.mark.parametrize("kind", ["empty", "an SVG", "a HEIC", "two billion pixels"])
def test_the_form_saves_the_rest_and_names_it(shop: Shop, kind: str) -> None:
    before = len(shop.rows())
    files = [("images", "good.jpg", photo()), ("images", "bad.jpg", REFUSED[kind][1]())]
    form = {"name": "Mug", "price": "1.00", "status": "draft"}
    answer = shop.boss.post("/products/new/", fields=form, files=files)
    assert answer.status == 302
    assert "bad.jpg: " in shop.boss.get(answer.headers["Location"]).text
    assert len(shop.rows()) == before + 1


def test_heic_is_told_how_to_become_a_jpeg(shop: Shop) -> None:
    answer = shop.upload(HEIC, "IMG_0001.HEIC")
    assert "Export" in answer.json["errors"][0]["message"]


# --- Taken, and made harmless ----------------------------------------------------------------

TYPES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "AVIF": "avif"}


@pytest.mark.parametrize("form", TYPES)
def test_the_contents_tell_the_type_whatever_name_and_header_say(shop: Shop, form: str) -> None:
    (image,) = shop.upload(photo(form), "page.html").json["images"]
    assert image["content_type"] == f"image/{form.lower()}"
    assert image["url"].endswith(f".{TYPES[form]}")
    served = shop.stranger.get(image["url"])
    assert served.headers["Content-Type"] == f"image/{form.lower()}"
    assert served.body == photo(form)


@pytest.mark.parametrize("form", TYPES)
def test_what_follows_the_image_is_kept_and_never_run(shop: Shop, form: str) -> None:
    data = photo(form) + b"<script>alert(1)</script><?php system($_GET['x']); ?>"
    (image,) = shop.upload(data).json["images"]
    served = shop.stranger.get(image["url"])
    assert served.body == data
    assert served.headers["Content-Type"] == f"image/{form.lower()}"
    assert served.headers["X-Content-Type-Options"] == "nosniff"


def test_the_position_is_removed_and_nothing_else(shop: Shop) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (41.0, 0.0, 28.0), 3: "E", 4: (29.0, 0.0, 1.0)})
    data = photo("JPEG", (64, 48), exif=exif.tobytes())
    (image,) = shop.upload(data).json["images"]
    assert (image["width"], image["height"], image["size"]) == (48, 64, len(data))
    kept = shop.stranger.get(image["url"]).body
    before, after = Image.open(BytesIO(data)), Image.open(BytesIO(kept))
    assert before.getexif().get_ifd(0x8825)
    assert not after.getexif().get_ifd(0x8825)
    assert after.getexif()[0x0112] == 6
    assert after.tobytes() == before.tobytes()


def test_the_same_bytes_twice_are_two_files_deleted_one_by_one(shop: Shop) -> None:
    first, second = [shop.upload(photo()).json["images"][0] for _ in range(2)]
    assert first["url"] != second["url"]
    gone = shop.boss.request("DELETE", f"/products/images/{first['id']}/delete/")
    assert gone.status == 200
    assert shop.stranger.get(second["url"]).body == photo()
    shown = shop.boss.get(shop.images).json["images"]
    assert second["id"] in {image["id"] for image in shown}
