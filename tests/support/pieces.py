"""What odd pictures are put together from: segments, chunks, tags, whole pictures of one color."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms

SIZE = WIDTH, HEIGHT = 960, 640
RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)


def corners(size: tuple[int, int] = SIZE) -> Image.Image:
    width, height = size
    image = Image.new("RGB", size, RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(YELLOW, (width // 2, height // 2, width, height))
    return image


def see_through() -> Image.Image:
    """Opaque where it is red or yellow, half so elsewhere."""
    image = corners().convert("RGBA")
    image.putalpha(corners().getchannel("R").point(lambda red: 255 if red else 128))
    return image


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def tiff(*entries: tuple[int, int, int, bytes], order: str = "<") -> bytes:
    """One table of (tag, type, count, value), with longer values behind it."""
    behind, table = 8 + 2 + 12 * len(entries) + 4, b""
    values = b""
    for tag, kind, count, value in entries:
        table += struct.pack(order + "HHI", tag, kind, count)
        if len(value) <= 4:
            table += value.ljust(4, b"\0")
        else:
            table += struct.pack(order + "I", behind + len(values))
            values += value
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    return head + struct.pack(order + "H", len(entries)) + table + bytes(4) + values


def orientation(value: int, order: str = "<") -> tuple[int, int, int, bytes]:
    return 0x0112, 3, 1, struct.pack(order + "H", value)


TURNED = tiff(orientation(6))
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
    b'syntax-ns#"><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    b'tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)


def segment(code: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(body) + 2) + body


def jpeg(*segments: bytes, **options: Any) -> bytes:
    data = saved(corners(), "JPEG", **options)
    return data[:2] + b"".join(segments) + data[2:]


def exif(block: bytes) -> bytes:
    return segment(0xE1, b"Exif\0\0" + block)


def chunk(kind: bytes, body: bytes) -> bytes:
    crc = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + crc


def wrong(sound: bytes) -> bytes:
    """The chunk with a wrong CRC."""
    return sound[:-1] + bytes([sound[-1] ^ 1])


def png(*chunks: bytes, before: bytes = b"IDAT", image: Image.Image | None = None) -> bytes:
    data = saved(image or corners(), "PNG")
    at = data.index(before) - 4
    return data[:at] + b"".join(chunks) + data[at:]


def raw_png(depth: int, color: int, rows: bytes, *chunks: bytes, size: Any = SIZE) -> bytes:
    head = struct.pack(">IIBBBBB", *size, depth, color, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(rows))
    parts = [chunk(b"IHDR", head), *chunks, pixels, chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def headed(**fields: int) -> bytes:
    """A PNG whose header says something else of its pixels."""
    depth, color, compression, filtering, interlacing = 8, 2, 0, 0, 0
    values = {
        "depth": depth,
        "color": color,
        "compression": compression,
        "filtering": filtering,
        "interlacing": interlacing,
        **fields,
    }
    data = png()
    return data[:8] + chunk(b"IHDR", struct.pack(">II5B", *SIZE, *values.values())) + data[33:]


def grey(depth: int, *chunks: bytes, size: tuple[int, int] = SIZE) -> bytes:
    """Black, white, white and grey, in so many bits."""
    width, height = size
    most = (1 << depth) - 1

    def row(*values: int) -> bytes:
        bits = "".join(format(value, f"0{depth}b") * (width // 2) for value in values)
        return b"\0" + int(bits, 2).to_bytes(len(bits) // 8)

    rows = row(0, most) * (height // 2) + row(most, most // 2) * (height // 2)
    return raw_png(depth, 0, rows, *chunks, size=size)


def deep_color(*chunks: bytes) -> bytes:
    """Red, green, blue and yellow in 16 bits."""

    def row(*colors: tuple[int, ...]) -> bytes:
        pixels = [struct.pack(">3H", *(257 * value for value in color)) for color in colors]
        return b"\0" + b"".join(pixel * (WIDTH // 2) for pixel in pixels)

    rows = row(RED, GREEN) * (HEIGHT // 2) + row(BLUE, YELLOW) * (HEIGHT // 2)
    return raw_png(16, 2, rows, *chunks)


def gif(
    screen: tuple[int, int] = SIZE,
    size: tuple[int, int] = SIZE,
    at: tuple[int, int] = (0, 0),
    *,
    clear: int | None = None,
    end: bytes = b"\x3b",
) -> bytes:
    """One frame of four colours, of which one may be transparent."""
    image = Image.new("P", size)
    image.putpalette([*RED, *GREEN, *BLUE, *YELLOW])
    width, height = size
    for value, left, top in ((1, width // 2, 0), (2, 0, height // 2), (3, width // 2, height // 2)):
        image.paste(value, (left, top, left + width // 2, top + height // 2))
    plain = saved(image, "GIF", interlace=False)
    flags, table = 0x80 | plain[10] & 7, 13 + (3 << (plain[10] & 7) + 1)
    frame = plain.index(b"\x2c", table)
    head = b"GIF89a" + struct.pack("<HHBBB", *screen, flags, 0, 0) + plain[13:table]
    control = b"" if clear is None else b"\x21\xf9\x04\x01\0\0" + bytes([clear, 0])
    placed = b"\x2c" + struct.pack("<HHHHB", *at, *size, 0)
    return head + control + placed + plain[frame + 10 : -1] + end


def hidden_default(size: tuple[int, int] = SIZE, at: tuple[int, int] = (0, 0)) -> bytes:
    """An animated PNG: red where animation is unknown; else blue for hours, and then green."""

    def pixels(color: tuple[int, ...], width: int, height: int) -> bytes:
        return zlib.compress((b"\0" + bytes(color) * width) * height)

    def control(number: int, size: tuple[int, int], at: tuple[int, int]) -> bytes:
        return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, *size, *at, 60_000, 1, 0, 0))

    parts = [
        chunk(b"IHDR", struct.pack(">IIBBBBB", *SIZE, 8, 2, 0, 0, 0)),
        chunk(b"acTL", struct.pack(">II", 2, 0)),
        chunk(b"IDAT", pixels(RED, *SIZE)),
        control(0, size, at),
        chunk(b"fdAT", struct.pack(">I", 1) + pixels(BLUE, *size)),
        control(2, SIZE, (0, 0)),
        chunk(b"fdAT", struct.pack(">I", 3) + pixels(GREEN, *SIZE)),
        chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def other_colors() -> bytes:
    """A profile in which red is blue; with a megabyte that nobody reads."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    (count,) = struct.unpack_from(">I", plain, 128)
    tags = [struct.unpack_from(">4sII", plain, 132 + 12 * index) for index in range(count)]
    swapped = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}
    table = b"".join(
        struct.pack(">4sII", swapped.get(name, name), at + 12, size) for name, at, size in tags
    )
    noise = b"data" + bytes(4) + zlib.compress(Image.effect_noise((1300, 1300), 90).tobytes())
    table += struct.pack(">4sII", b"zzzz", len(plain) + 12, len(noise))
    profile = (
        plain[4:128] + struct.pack(">I", count + 1) + table + plain[132 + 12 * count :] + noise
    )
    return struct.pack(">I", len(profile) + 4) + profile


def profile_chunk() -> bytes:
    return chunk(b"iCCP", b"big\0\0" + zlib.compress(other_colors()))


def avif_in(primaries: int, transfer: int) -> bytes:
    data = bytearray(saved(Image.new("RGB", SIZE, (200, 60, 60)), "AVIF", quality=95))
    at = data.index(b"colrnclx") + 8
    data[at : at + 4] = struct.pack(">HH", primaries, transfer)
    return bytes(data)


def jpeg_of_kind(code: int, bits: int = 8, components: int = 3) -> bytes:
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 1], data[at + 4], data[at + 9] = code, bits, components
    return bytes(data)


def turned_jpeg(value: int) -> bytes:
    return jpeg(exif(tiff(orientation(value))))


def turned_avif(value: int) -> bytes:
    return saved(corners(), "AVIF", exif=b"Exif\0\0" + tiff(orientation(value)))


def clear_grey(bits: int, value: int) -> bytes:
    return grey(bits, chunk(b"tRNS", struct.pack(">H", value)))


def splitted(block: bytes) -> bytes:
    return exif(block[:20]) + exif(block[20:])


def before_scan(segments: bytes) -> bytes:
    data = jpeg()
    at = data.index(b"\xff\xda")
    return data[:at] + segments + data[at:]
