"""Files made to keep the intake busy: each of some megabytes, or of few bytes that become many."""

import struct
import zlib
from collections.abc import Callable

from tests.media_staging.containers.conftest import XMP, exif, picture, saved
from tests.support.pieces import chunk, segment

MEGABYTE = 1024**2
PACKET = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32
MAGIC = b"\x01" + bytes(range(255, -1, -1)) + b"\0"


def filled(piece: bytes, size: int = 4 * MEGABYTE) -> bytes:
    return (piece * (size // len(piece) + 1))[:size]


def jpeg(body: bytes) -> bytes:
    plain = saved(picture(), "JPEG")
    return plain[:2] + body + plain[2:]


def in_parts(packet: bytes, size: int, step: int = 1) -> bytes:
    """An extended packet in segments of so many bytes, in this order or in reverse."""
    places = range(0, len(packet), size)[::step]
    head = EXTENSION + struct.pack(">I", len(packet))
    return b"".join(
        segment(0xE1, head + struct.pack(">I", at) + packet[at : at + size]) for at in places
    )


def png(*chunks: bytes) -> bytes:
    plain = saved(picture(), "PNG")
    return plain[:33] + b"".join(chunks) + plain[33:]


def xmp_text(packet: bytes) -> bytes:
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet)


def gif(body: bytes) -> bytes:
    return saved(picture(), "GIF")[:-1] + body + b";"


def gif_packet(body: bytes) -> bytes:
    return b"\x21\xff\x0bXMP DataXMP" + body


def webp(packet: bytes) -> bytes:
    return saved(picture(), "WEBP", xmp=packet)


def long_table() -> bytes:
    """EXIF tables that lie in each other, each of as many entries as can be."""
    entries = struct.pack("<HHII", 0x8825, 4, 1, 8) * 65_000
    return b"II*\0" + struct.pack("<IH", 8, 65_000) + entries + bytes(8)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def film(body: bytes) -> bytes:
    return saved(picture(), "JPEG") + box(b"ftyp", b"mp42isom") + box(b"moov", body)


def webp_exif(block: bytes) -> bytes:
    return saved(picture(), "WEBP", exif=block)


PACKETS: dict[str, Callable[[], bytes]] = {
    "words": lambda: filled(b"GPS"),
    "names": lambda: filled(b" GPSa"),
    "attributes": lambda: filled(b" GPSa='1'"),
    "attributes without an end": lambda: filled(b" GPSa=' GPSb=\""),
    "elements": lambda: filled(b"<GPSa>"),
    "elements in each other": lambda: filled(b"<GPSa>", MEGABYTE) + filled(b"</GPSa>", MEGABYTE),
    "a name": lambda: b"<GPS" + filled(b"a"),
    "prefixes": lambda: filled(b"<a:GPS:"),
    "spaces": lambda: b" GPSa" + filled(b" ") + b"='",
    "wide letters": lambda: XMP.decode().encode("utf-16-le") + filled(b" \0G\0P\0S\0"),
    "wider letters": lambda: XMP.decode().encode("utf-32-be") + filled(b"\0\0\0 "),
    "hidden words": lambda: filled(b"x" * 1020 + b" GPS"),
}
HEAVY: dict[str, Callable[[], bytes]] = {
    **{f"XMP of {what}": lambda make=make: webp(make()) for what, make in PACKETS.items()},
    "XMP in 60,000 segments": lambda: jpeg(in_parts(filled(b"<GPSa>", 20 * MEGABYTE), 350)),
    "XMP in 2,000 segments": lambda: jpeg(in_parts(filled(b" GPSa='1'"), 2_200)),
    "XMP in 2,000 segments in reverse": lambda: jpeg(
        in_parts(filled(b"x" * 2_100 + b"<GPSa>"), 2_200, -1)
    ),
    "XMP in 2,000 segments without an order": lambda: jpeg(
        in_parts(filled(b"x" * 2_100 + b"<GPSa>"), 2_200, -1).replace(struct.pack(">I", 0), b"1234")
    ),
    "XMP packets": lambda: jpeg(segment(0xE1, PACKET + filled(b" GPSa='1'", 60_000)) * 60),
    "very many XMP packets": lambda: jpeg(segment(0xE1, PACKET + XMP) * 5_000),
    "EXIF over and over": lambda: jpeg(
        segment(0xE1, b"Exif\0\0" + exif().tobytes()[6:].ljust(60_000, b"\0")) * 60
    ),
    "EXIF of many entries": lambda: webp_exif(long_table()),
    "EXIF in a JPEG of many entries": lambda: jpeg(
        segment(0xE1, b"Exif\0\0" + long_table()[:65_000]) * 60
    ),
    "empty segments": lambda: jpeg(segment(0xFE, b"") * 19_000),
    "comments": lambda: jpeg(segment(0xFE, filled(b"lat lon gps ", 65_000)) * 60),
    "Photoshop's resources": lambda: jpeg(
        segment(0xED, b"Photoshop 3.0\0" + (b"8BIM\4\x24\0\0" + bytes(4)) * 5_000) * 60
    ),
    "thermal records": lambda: jpeg(
        segment(
            0xE1,
            b"FLIR\0\1\0\0"
            + b"FFF\0".ljust(0x14, b"\0")
            + struct.pack(">3I", 100, 0x40, 9_999).ljust(0x2C, b"\0")
            + struct.pack(">H10xII12x", 0x2B, 0, 60_000) * 2_000,
        )
    ),
    "starts of images": lambda: saved(picture(), "JPEG") + filled(b"\xff\xd8\xff\xe1"),
    "starts of films": lambda: saved(picture(), "JPEG") + filled(b"ftyp"),
    "boxes in a film": lambda: film(filled(b"\0\0\0\x08trak")),
    "tracks in a film": lambda: film(
        box(b"trak", box(b"udta", filled(b"\0\0\0\x08loci", 1_000))) * 4_000
    ),
    "markers": lambda: jpeg(filled(b"\xff\xd0\xff\xff\x01")),
    "empty chunks": lambda: png(chunk(b"prVt", b"") * 19_000),
    "positions in 5,000 chunks": lambda: png(chunk(b"eXIf", exif().tobytes()[6:]) * 5_000),
    "XMP in 3,000 chunks": lambda: png(xmp_text(XMP) * 3_000),
    "a packed megabyte, 63 times": lambda: png(
        chunk(
            b"iTXt",
            b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(filled(b" GPSa='1'", MEGABYTE), 9),
        )
        * 63
    ),
    "a packed profile, 63 times": lambda: png(
        chunk(
            b"zTXt",
            b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n  9\n" + b"4 5" * 340_000, 9),
        )
        * 63
    ),
    "fifty packed megabytes": lambda: png(
        chunk(b"zTXt", b"Raw profile type xmp\0\0" + zlib.compress(bytes(50 * MEGABYTE), 9))
    ),
    "a profile of digits": lambda: png(
        chunk(b"tEXt", b"Raw profile type xmp\0\nxmp\n 9\n" + b" GPSa='1'".hex().encode() * 200_000)
    ),
    "blocks of one byte": lambda: gif(b"\x21\xfe" + filled(b"\1x", 8 * MEGABYTE) + b"\0"),
    "XMP in blocks of one byte": lambda: gif(gif_packet(filled(b"\1x", 8 * MEGABYTE) + b"\0")),
    "XMP blocks": lambda: gif(gif_packet(XMP + MAGIC) * 5_000),
    "short comments": lambda: gif(b"\x21\xfe\1x\0" * 19_000),
    "zeros": lambda: gif(bytes(8 * MEGABYTE)),
    "XMP without an end": lambda: gif((gif_packet(b"\xff" * 256) + b"\0") * 20_000),
}  # fmt: skip
