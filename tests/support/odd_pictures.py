"""Pictures as cameras and programs really write them, and hardly anybody expects: one of each kind.

Red, green, blue and yellow in the four corners, so that it shows which way a picture is turned.
"""

import struct
import zlib
from collections.abc import Callable
from functools import partial

from PIL import Image

from tests.support.pieces import (
    RED,
    SIZE,
    TURNED,
    XMP,
    avif_in,
    before_scan,
    chunk,
    clear_grey,
    corners,
    deep_color,
    exif,
    gif,
    grey,
    headed,
    hidden_default,
    jpeg,
    jpeg_of_kind,
    orientation,
    other_colors,
    png,
    profile_chunk,
    saved,
    see_through,
    segment,
    splitted,
    tiff,
    turned_avif,
    turned_jpeg,
    wrong,
)

Maker = Callable[[], bytes]


WRONG_UNIT = (0x0128, 5, 1, struct.pack("<II", 2, 1))
MANY_TAGS = [(0x010F, 3, 1, b"\1")] * 600

SHOWN: dict[str, Maker] = {
    **{f"JPEG turned {n}": partial(turned_jpeg, n) for n in range(1, 10)},
    "JPEG with a unit of the wrong type": lambda: jpeg(exif(tiff(orientation(6), WRONG_UNIT))),
    "JPEG, big-endian": lambda: jpeg(exif(tiff(orientation(6, ">"), order=">"))),
    "JPEG turned by a long": lambda: jpeg(exif(tiff((0x112, 4, 1, b"\6")))),
    "JPEG turned by two numbers": lambda: jpeg(exif(tiff((0x112, 3, 2, b"\6\0\6\0")))),
    "JPEG turned by nonsense, then in earnest": lambda: jpeg(
        exif(tiff(orientation(9), orientation(6)))
    ),
    "JPEG turned after 600 tags": lambda: jpeg(exif(tiff(*MANY_TAGS, orientation(6)))),
    "JPEG turned by its second EXIF": lambda: jpeg(exif(tiff()), exif(TURNED)),
    "JPEG turned by its first EXIF": lambda: jpeg(exif(TURNED), exif(tiff(orientation(3)))),
    "JPEG with its EXIF in two parts": lambda: jpeg(splitted(TURNED)),
    "JPEG with odd padding": lambda: jpeg(segment(0xE1, b"Exif\0\xff" + TURNED)),
    "JPEG with EXIF before its scan": lambda: before_scan(exif(TURNED)),
    "JPEG with EXIF after its scan": lambda: jpeg()[:-2] + exif(TURNED) + b"\xff\xd9",
    "JPEG turned by XMP": lambda: jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)),
    "WebP turned by EXIF": lambda: saved(corners(), "WEBP", exif=b"Exif\0\0" + TURNED),
    "WebP turned by XMP": lambda: saved(corners(), "WEBP", xmp=XMP),
    "AVIF turned by XMP": lambda: saved(corners(), "AVIF", xmp=XMP),
    **{f"AVIF turned {n}": partial(turned_avif, n) for n in range(2, 9)},
    "PNG turned": lambda: png(chunk(b"eXIf", TURNED)),
    "PNG turned after its pixels": lambda: png(chunk(b"eXIf", TURNED), before=b"IEND"),
    "PNG turned by its second EXIF": lambda: png(chunk(b"eXIf", tiff()), chunk(b"eXIf", TURNED)),
    "PNG turned by EXIF with a wrong CRC": lambda: png(wrong(chunk(b"eXIf", TURNED))),
    "PNG turned by EXIF with the prefix of JPEG": lambda: png(chunk(b"eXIf", b"Exif\0\0" + TURNED)),
    "PNG, transparent red": lambda: png(chunk(b"tRNS", struct.pack(">3H", *RED))),
    "PNG, transparent red and a profile": lambda: saved(
        corners(), "PNG", transparency=RED, icc_profile=other_colors()
    ),
    "PNG, 16 bits, transparent red": lambda: deep_color(
        chunk(b"tRNS", struct.pack(">3H", 0xFFFF, 0, 0))
    ),
    **{
        f"PNG, grey of {bits} bits, transparent {what}": partial(clear_grey, bits, value)
        for bits in (1, 2, 4, 8, 16)
        for what, value in (("white", (1 << bits) - 1), ("black", 0))
    },
    "PNG, grey of 4 bits, with bits too many": lambda: grey(4, chunk(b"tRNS", b"\xff\x0f")),
    "PNG, grey of 16 bits": lambda: grey(16),
    "PNG, large grey of 16 bits": lambda: grey(16, size=(2700, 1800)),
    "PNG with a palette, half transparent": lambda: saved(
        corners().quantize(4), "PNG", transparency=b"\0\x80\xff\x40"
    ),
    "PNG, see-through": lambda: saved(see_through(), "PNG"),
    "PNG, see-through and grey": lambda: saved(see_through().convert("LA"), "PNG"),
    "PNG with a large profile": lambda: png(profile_chunk()),
    "PNG with a wrong CRC of its profile": lambda: png(wrong(profile_chunk())),
    "PNG with a wrong CRC of its transparency": lambda: png(
        wrong(chunk(b"tRNS", struct.pack(">3H", *RED)))
    ),
    "PNG with a wrong CRC behind its pixels": lambda: png(
        wrong(chunk(b"tEXt", b"a\0b")), before=b"IEND"
    ),
    "PNG with a long text": lambda: png(chunk(b"tEXt", b"a\0" + b"b" * 1_500_000)),
    "PNG with a text of 50 MB in 50 KB": lambda: png(
        chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000), 9))
    ),
    "PNG in the colors of a display": lambda: png(
        chunk(b"cICP", bytes((12, 13, 0, 1))), image=Image.new("RGB", SIZE, (200, 60, 60))
    ),
    "PNG, animated, with a picture of its own": hidden_default,
    "PNG, animated, beginning with a part": lambda: hidden_default((480, 640), (480, 0)),
    "WebP, see-through": lambda: saved(see_through(), "WEBP", lossless=True),
    "AVIF, see-through": lambda: saved(see_through(), "AVIF"),
    "AVIF in the colors of a display": lambda: avif_in(12, 13),
    "AVIF in linear light": lambda: avif_in(1, 8),
    "AVIF of high range": lambda: avif_in(9, 16),
    "AVIF of high range, for television": lambda: avif_in(9, 18),
    "GIF with a transparent color": lambda: gif(clear=1),
    "GIF that begins with a part": lambda: gif(SIZE, (480, 640), (480, 0)),
    "GIF that begins with a transparent part": lambda: gif(SIZE, (480, 640), (480, 0), clear=1),
    "GIF larger than its screen": lambda: gif((480, 320)),
    "GIF beside its screen": lambda: gif((480, 640), (480, 640), (480, 0)),
    "GIF without a screen": lambda: gif((0, 0)),
    "GIF whose second frame is larger": lambda: gif((480, 320), (480, 320), end=gif()[25:]),
    "GIF without its last byte": lambda: gif(end=b""),
    "GIF padded with zeros": lambda: gif(end=bytes(600)),
    "JPEG in CMYK": lambda: saved(corners().convert("CMYK"), "JPEG"),
    "JPEG with a profile": lambda: jpeg(icc_profile=other_colors()),
}
UNSHOWN: dict[str, tuple[str, Maker]] = {
    "JPEG of 12 bits": ("unshown_jpeg", lambda: jpeg_of_kind(0xC1, bits=12)),
    "JPEG of two components": ("unshown_jpeg", lambda: jpeg_of_kind(0xC0, components=2)),
    **{
        f"JPEG, {kind}": ("unshown_jpeg", partial(jpeg_of_kind, code))
        for kind, code in {
            "lossless": 0xC3,
            "differential": 0xC5,
            "differential progressive": 0xC6,
            "differential lossless": 0xC7,
            "arithmetic lossless": 0xCB,
        }.items()
    },
    "PNG of 3 bits": ("unshown_png", lambda: headed(depth=3)),
    "PNG of 4 bits per color": ("unshown_png", lambda: headed(depth=4)),
    "PNG in unknown colors": ("unshown_png", lambda: headed(color=5)),
    "PNG compressed in an unknown way": ("unshown_png", lambda: headed(compression=1)),
    "PNG filtered in an unknown way": ("unshown_png", lambda: headed(filtering=64)),
    "PNG interlaced in an unknown way": ("unshown_png", lambda: headed(interlacing=2)),
    "PNG with an unknown critical chunk": ("unshown_png", lambda: png(chunk(b"ABCD", b""))),
    "PNG of an iPhone's program": (
        "unshown_png",
        lambda: png(chunk(b"CgBI", b"\x50\0\x20\6"), before=b"IHDR"),
    ),
}
