"""Makes thumbnails in a process of its own; `rendering.py` starts it and says what it may use.

Whatever hides in a picture meets only this: no settings, no database, no secrets, no file to
write, little memory, little time. Needs nothing but Pillow. Each job is a length (8 bytes,
big-endian) and that many bytes of picture on the standard input; each answer is one line of JSON
and, for a thumbnail, its bytes.
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
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
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
QUALITY = 80
NICENESS = 10
START_OF_SCAN, END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"
# More than the decoder reads ahead, less than one row of any picture worth looking at.
PADDING = bytes(16)


def main(side: int, max_pixels: int, memory: int, cpu_seconds: int) -> None:
    limit_this_process(memory)
    Image.MAX_IMAGE_PIXELS = max_pixels
    # Of odd metadata nobody needs to hear.
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    # One thread: each would reserve address space of its own.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    sys.stdout.buffer.write(b"ready\n")
    sys.stdout.buffer.flush()
    while header := sys.stdin.buffer.read(8):
        picture = sys.stdin.buffer.read(*struct.unpack(">Q", header))
        limit_cpu_time(cpu_seconds)
        answer, thumbnail = attempt(picture, side)
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + thumbnail)
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


def attempt(picture: bytes, side: int) -> tuple[dict[str, Any], bytes]:
    try:
        image = render(picture, side)
        thumbnail = as_webp(image)
    except (MemoryError, Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        return failure("too_demanding", error), b""
    except Exception as error:  # noqa: BLE001
        # Decoders raise anything; all of it means that the bytes are not what they should be.
        return failure("damaged_pixels", error), b""
    found = {"code": "", "length": len(thumbnail), "width": image.width, "height": image.height}
    return found, thumbnail


def failure(code: str, error: Exception) -> dict[str, Any]:
    return {"code": code, "length": 0, "detail": f"{type(error).__name__}: {error}"[:300]}


# --- Picture ---------------------------------------------------------------------------------


def render(picture: bytes, side: int) -> Image.Image:
    """The first frame, upright, in sRGB, at most `side` pixels wide and high."""
    image = opened_strictly(picture)
    if image.mode in {"1", "P", "PA"}:
        # They cannot be made smaller with care.
        image = in_full_color(image)
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return in_srgb(upright(image))


def opened(picture: bytes) -> ImageFile.ImageFile:
    return Image.open(io.BytesIO(picture), formats=FORMATS)


def opened_strictly(picture: bytes) -> Image.Image:
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


def upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # noqa: BLE001
        # Metadata that nobody can read says nothing about the pixels.
        return image


def in_full_color(image: Image.Image) -> Image.Image:
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def in_srgb(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where something shines through, in the colours that every browser assumes."""
    if image.mode.startswith("I"):
        # 16 bits per pixel; a plain conversion would cut off instead of scale.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "RGBA", "CMYK", "L"}:
        try:
            return through_profile(image, profile)
        except (ImageCms.PyCMSError, OSError, ValueError):
            # A profile that nobody can read: the plain colours are the best guess.
            pass
    return image if image.mode in {"RGB", "RGBA"} else in_full_color(image)


def through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    converted = ImageCms.profileToProfile(
        image,
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        outputMode=mode,
    )
    return cast(Image.Image, converted)


def as_webp(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    # Nothing of the original's metadata goes along.
    image.save(stream, "WEBP", quality=QUALITY, method=4, icc_profile=None, exif=b"", xmp=b"")
    return stream.getvalue()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
