"""Makes thumbnails in a process of its own; `rendering.py` starts it and says what it may use.

Whatever hides in a picture meets only this: no settings, no database, no secrets, no file to
write, little memory, little time. Needs nothing but Pillow. Each job on the standard input is one
line of JSON (`length`, `sides`, `orientation`, `color`) and that many bytes of picture; each answer
is one line of JSON and the bytes of the picture in all these sizes, in that order.
"""

import io
import json
import math
import os
import resource
import signal
import struct
import sys
import warnings
from dataclasses import dataclass
from typing import Any, cast

if __name__ == "__main__":
    # Where Pillow is: an isolated process sees no PYTHONPATH, and no packages of a user.
    sys.path.append(sys.argv.pop(1))

from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

FORMATS = [
    plugin.format
    for plugin in (
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        WebPImagePlugin.WebPImageFile,
        GifImagePlugin.GifImageFile,
        AvifImagePlugin.AvifImageFile,
    )
]
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
BITS_OF_PNG = 24
QUALITY = 80
# Of 6, which take ever longer: 4 needs three times as long as 2, for 5 % fewer bytes.
EFFORT = 2
NICENESS = 10
START_OF_SCAN, END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"
# More than the decoder reads ahead, less than one row of any picture worth looking at.
PADDING = bytes(16)


def main(max_pixels: int, memory: int, cpu_seconds: int) -> None:
    limit_this_process(memory)
    Image.MAX_IMAGE_PIXELS = max_pixels
    # Of odd metadata nobody needs to hear.
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    # One thread: each would reserve address space of its own.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    # Memory ends what is too long, be it a text or a profile.
    PngImagePlugin.MAX_TEXT_CHUNK = memory
    # Eight bits are all that a thumbnail has; with sixteen, Pillow can do next to nothing.
    PngImagePlugin._MODES[(16, 0)] = ("L", "L;16B")
    sys.stdout.buffer.write(b"ready\n")
    sys.stdout.buffer.flush()
    while line := sys.stdin.buffer.readline():
        job = json.loads(line)
        picture = sys.stdin.buffer.read(job.pop("length"))
        limit_cpu_time(cpu_seconds)
        answer, small = attempt(picture, **job)
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + small)
        sys.stdout.buffer.flush()


def limit_this_process(memory: int) -> None:
    """Ctrl-C is for the parent: this ends when its standard input does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_cpu_time(seconds: int) -> None:
    """That much more than was used so far; the kernel ends the process after that."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = math.ceil(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (end, resource.RLIM_INFINITY))


def attempt(
    picture: bytes, sides: list[int], orientation: int, color: list[int] | None
) -> tuple[dict[str, Any], bytes]:
    largest = max(sides)
    try:
        image = finished(decoded(picture, sides), largest, orientation, color)
        images = [image if side == largest else smaller(image, side) for side in sides]
        files = [as_webp(each) for each in images]
    except (MemoryError, Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        return failure("too_demanding", error), b""
    except Damage as error:
        return failure("damaged_pixels", error.__cause__ or error), b""
    except Exception as error:  # noqa: BLE001
        # Pillow raises anything where it knows no further; the pixels may be sound.
        return failure("no_thumbnail", error), b""
    made = [(len(data), each.width, each.height) for each, data in zip(images, files, strict=True)]
    return {"code": "", "made": made}, b"".join(files)


def failure(code: str, error: BaseException) -> dict[str, Any]:
    return {"code": code, "detail": f"{type(error).__name__}: {error}"[:300]}


# --- Pixels ----------------------------------------------------------------------------------


class Damage(Exception):
    """What the decoder says about the pixels; its words are the cause."""


@dataclass
class Decoded:
    """Pixels as they are stored, perhaps at a fraction of their size: `size` is the whole."""

    image: Image.Image
    size: tuple[int, int]
    bits: int
    # What they are of the thumbnail, and what the first frame covers of the picture.
    box: tuple[float, float, float, float] | None
    frame: tuple[int, int, int, int] | None


def decoded(picture: bytes, sides: list[int]) -> Decoded:
    """The pixels of the first frame that browsers show. Raises Damage, MemoryError, and others."""
    try:
        return decoded_at_all(picture, sides)
    except (MemoryError, Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise
    except UnidentifiedImageError:
        # Pillow knows no such kind; that tells nothing about the pixels.
        raise
    except Exception as error:
        raise Damage from error


def decoded_at_all(picture: bytes, sides: list[int]) -> Decoded:
    image = opened_strictly(picture)
    size = image.size
    # A JPEG is made smaller while it is decoded, but not so much that it could be seen.
    drafted = image.draft(None, fitted(size, max(2 * min(sides), *sides)))
    if isinstance(image, PngImagePlugin.PngImageFile) and image.default_image:
        # That of an animated PNG which is shown only where it isn't animated.
        image.seek(1)
        image.blend_op = PngImagePlugin.Blend.OP_SOURCE
    frame = image.tile[0][1] if image.format in {"GIF", "PNG"} and image.tile else None
    image.load()
    bits = picture[BITS_OF_PNG] if image.format == "PNG" else 8
    return Decoded(image, size, bits, drafted and drafted[1], frame)


def fitted(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = min(1, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def opened(picture: bytes) -> ImageFile.ImageFile:
    return Image.open(io.BytesIO(picture), formats=FORMATS)


def opened_strictly(picture: bytes) -> ImageFile.ImageFile:
    """Opened so that the decoder notices when a JPEG ends too early.

    libjpeg paints grey what is missing before an end marker, and Pillow does not hear of it. Where
    the marker itself is missing, the decoder waits for more and Pillow raises; so it is taken
    away. Not from a picture in several scans: there the decoder wants to see the end at first.
    """
    image = opened(picture)
    if image.format not in {"JPEG", "MPO"}:
        return image
    start = image.fp.tell() if image.fp else 0
    end = picture.find(END_OF_IMAGE, start)
    if picture.find(START_OF_SCAN, start, end) != -1:
        return image
    return opened(picture[:end] + PADDING)


# --- Picture ---------------------------------------------------------------------------------


def finished(pixels: Decoded, side: int, orientation: int, color: list[int] | None) -> Image.Image:
    """Upright, in sRGB, at most `side` pixels wide and high."""
    image = in_full_color(pixels)
    size = fitted(pixels.size, side)
    if image.size != size:
        resample = Image.Resampling.LANCZOS
        image = image.resize(size, resample, box=pixels.box, reducing_gap=2.0)
    if orientation in TURNS:
        image = image.transpose(TURNS[orientation])
    return in_srgb(image, color)


def smaller(image: Image.Image, side: int) -> Image.Image:
    return image.resize(fitted(image.size, side), Image.Resampling.LANCZOS, reducing_gap=2.0)


def in_full_color(pixels: Decoded) -> Image.Image:
    """In a mode that can be made smaller with care, with whatever shines through."""
    image, frame = pixels.image, pixels.frame
    transparent = image.info.get("transparency")
    if image.format == "PNG" and transparent is not None and image.mode in {"L", "RGB"}:
        image.info["transparency"] = in_eight_bits(transparent, pixels.bits)
    covers = frame is None or frame == (0, 0, *image.size)
    if not covers or (image.has_transparency_data and image.mode != "LA"):
        image = image.convert("RGBA")
    elif image.mode not in {"L", "LA", "RGB", "RGBA", "CMYK"}:
        image = image.convert("RGB")
    return image if covers else on_canvas(image, frame)


def in_eight_bits(color: Any, bits: int) -> Any:
    """A PNG's transparent colour, or grey, as the pixels themselves were read."""
    if isinstance(color, tuple):
        return tuple(in_eight_bits(value, bits) for value in color)
    return color >> 8 if bits == 16 else (color & (1 << bits) - 1) * 255 // ((1 << bits) - 1)


def on_canvas(image: Image.Image, frame: Any) -> Image.Image:
    """The first frame where it lies, and nothing around it, whatever the file says of that."""
    canvas = Image.new("RGBA", image.size)
    canvas.paste(image.crop(frame), frame)
    return canvas


def in_srgb(image: Image.Image, color: list[int] | None) -> Image.Image:
    """RGB, or RGBA where something shines through, in the colours that every browser assumes."""
    profile = image.info.get("icc_profile")
    if profile is None and color and image.mode in {"RGB", "RGBA"}:
        profile = profile_of(*color)
    if profile and image.mode != "LA":
        try:
            return through_profile(image, profile)
        except (ImageCms.PyCMSError, OSError, ValueError):
            # A profile that nobody can read: the plain colours are the best guess.
            pass
    if image.mode == "LA":
        return image.convert("RGBA")
    return image if image.mode in {"RGB", "RGBA"} else image.convert("RGB")


# --- Colours ---------------------------------------------------------------------------------


# Seen by an eye that is used to D50, as profiles are.
D50 = (0.9642, 1.0, 0.8249)
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
PRIMARIES = {
    9: ((0.67346, 0.27903, -0.00193), (0.16566, 0.67534, 0.02998), (0.12505, 0.04561, 0.79690)),
    12: ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
}
CURVE_STEPS = 1024
WHITE_NITS = 203  # of what is no light of its own in a picture of high range (ITU-R BT.2408)


def from_srgb(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def from_pq(value: float) -> float:
    """SMPTE ST 2084."""
    root = value ** (1 / 78.84375)
    light = max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return light ** (1 / 0.1593017578125) * 10_000 / WHITE_NITS


def from_hlg(value: float) -> float:
    """ITU-R BT.2100, on a display of 1,000 nits."""
    light = (
        value**2 / 3
        if value <= 0.5
        else (math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12
    )
    return light**1.2 * 1_000 / WHITE_NITS


CURVES = {4: lambda value: value**2.2, 8: lambda value: value, 16: from_pq, 18: from_hlg}


def through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    converted = ImageCms.profileToProfile(
        image,
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        outputMode=mode,
    )
    return cast(Image.Image, converted)


def profile_of(primaries: int, transfer: int) -> bytes | None:
    """A profile for numbers of ITU-T H.273; None where they come to what browsers assume anyway."""
    if primaries not in PRIMARIES and transfer not in CURVES:
        return None
    curve = CURVES.get(transfer, from_srgb)
    steps = [min(1.0, curve(step / (CURVE_STEPS - 1))) for step in range(CURVE_STEPS)]
    table = b"curv" + bytes(4) + struct.pack(">I", CURVE_STEPS)
    table += struct.pack(f">{CURVE_STEPS}H", *(round(step * 0xFFFF) for step in steps))
    columns = PRIMARIES.get(primaries, SRGB)
    tags = [(b"wtpt", xyz(D50)), *zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(xyz, columns), strict=True)]
    tags += [(name, table) for name in (b"rTRC", b"gTRC", b"bTRC")]
    place = 128 + 4 + 12 * len(tags)
    index, data = struct.pack(">I", len(tags)), b""
    for name, value in tags:
        index += struct.pack(">4sII", name, place + len(data), len(value))
        data += value
    # Version 2.4, a display, of RGB, by way of XYZ (ICC.1:2001-04, 6.1).
    head = struct.pack(
        ">I4xI4s4s4s12x4s", place + len(data), 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp"
    )
    return (head.ljust(68, b"\0") + xyz(D50)[8:]).ljust(128, b"\0") + index + data


def xyz(value: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(part * 0x10000) for part in value))


def as_webp(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    # Nothing of the original's metadata goes along.
    image.save(stream, "WEBP", quality=QUALITY, method=EFFORT, icc_profile=None, exif=b"", xmp=b"")
    return stream.getvalue()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
