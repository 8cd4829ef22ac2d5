"""Fuzzing of the intake: damaged real images, by the thousand. `python -m tests.hostile 60`

Whatever comes in, the only errors are InvalidImage and UploadRefused; time and memory stay in
proportion to the input; and what is taken differs from what was sent in its patches only, with
the same pixels.
"""

import hashlib
import random
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from django.core.files.uploadedfile import (
    SimpleUploadedFile,
    TemporaryUploadedFile,
    UploadedFile,
)
from django.test import override_settings
from PIL import Image

from media_staging.containers import Inspection, InvalidImage, inspect
from media_staging.errors import UploadRefused
from media_staging.intake import receiving
from tests.hostile.mutations import mutants
from tests.media_staging.containers.conftest import make_samples

MAX_PIXELS = 64_000_000
DECODED_PIXELS = 250_000
# Processor time, not the clock's: 50 ms per MB, and what tens of thousands of tiny parts cost.
SECONDS, SECONDS_PER_BYTE = 0.25, 0.05 / 1024**2
MEMORY_BYTES, MEMORY_PER_BYTE = 8 * 1024**2, 3
# One input in so many is also looked at this way, which takes longer than the inspection itself.
MEASURED, REFUSED_AT_INTAKE = 25, 40


@dataclass
class Counts:
    inputs: int = 0
    taken: int = 0
    patched: int = 0
    decoded: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        refused = ", ".join(f"{count} {code}" for code, count in self.refused.most_common())
        return (
            f"{self.inputs} inputs: {self.taken} taken ({self.patched} patched, {self.decoded} "
            f"decoded before and after), {self.refused.total()} refused ({refused})"
        )


def fuzz(seconds: float, seed: int, *, most: int = sys.maxsize) -> Counts:
    """Run for so long, or for `most` inputs; after `django.setup()`; without a database.

    Raises what an input has brought to light, with a note of the seed and of where it is kept.
    """
    counts = Counts()
    ends = time.monotonic() + seconds
    with scratch_area():
        for data in mutants(list(make_samples().values()), random.Random(seed)):
            if counts.inputs >= most or time.monotonic() > ends:
                break
            counts.inputs += 1
            try:
                check(data, counts)
            except BaseException as error:
                kept = Path(tempfile.mkdtemp(), f"{seed}-{counts.inputs}.bin")
                kept.write_bytes(data)
                error.add_note(f"seed {seed}, input {counts.inputs}, kept in {kept}")
                raise
    return counts


@contextmanager
def scratch_area() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        incoming = Path(folder, "incoming")
        incoming.mkdir()
        area = {"ROOT": folder, "MAX_IMAGE_PIXELS": MAX_PIXELS}
        with override_settings(MEDIA_STAGING=area, FILE_UPLOAD_TEMP_DIR=incoming):
            yield
            assert not list(incoming.iterdir()), "files were left behind"


# --- One input -------------------------------------------------------------------------------


def check(data: bytes, counts: Counts) -> None:
    found = looked_at(data, counts)
    if found is None:
        if counts.inputs % REFUSED_AT_INTAKE == 0:
            assert received(data, counts.inputs) is None
        return
    counts.taken += 1
    clean = patched(data, found)
    assert received(data, counts.inputs) == clean
    if found.patches:
        counts.patched += 1
        assert inspect(clean, max_pixels=MAX_PIXELS, strip_location=True).format == found.format
        counts.decoded += same_pixels(data, clean, found)


def looked_at(data: bytes, counts: Counts) -> Inspection | None:
    if counts.inputs % MEASURED == 0:
        check_memory(data)
    try:
        return in_time(data)
    except InvalidImage as refusal:
        counts.refused[refusal.code] += 1
        assert str(refusal.message)
        return None


def in_time(data: bytes) -> Inspection:
    """Inspected; the quickest of three counts, since other programs slow a core down."""
    most = SECONDS + SECONDS_PER_BYTE * len(data)
    spent = []
    for _ in range(3):
        began = time.thread_time()
        try:
            found = inspect(data, max_pixels=MAX_PIXELS, strip_location=True)
        except InvalidImage:
            if time.thread_time() - began < most:
                raise
        else:
            if time.thread_time() - began < most:
                return found
        spent.append(time.thread_time() - began)
    raise AssertionError(f"{min(spent):.3f} of {most:.3f} seconds")


def check_memory(data: bytes) -> None:
    tracemalloc.start()
    with suppress(InvalidImage):
        inspect(data, max_pixels=MAX_PIXELS, strip_location=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MEMORY_BYTES + MEMORY_PER_BYTE * len(data), f"{peak} bytes"


def weigh(data: bytes) -> None:
    """One of the files that are made to keep the intake busy: time and memory."""
    check_memory(data)
    with suppress(InvalidImage):
        in_time(data)


def patched(data: bytes, found: Inspection) -> bytes:
    clean, end = bytearray(data), 0
    for at, replacement in found.patches:
        assert replacement
        assert end <= at
        end = at + len(replacement)
        assert end <= len(data)
        clean[at:end] = replacement
    return bytes(clean)


def received(data: bytes, number: int) -> bytes | None:
    """What the intake puts on the disk, in memory or spooled by turns; None when it refuses."""
    with upload(data, spooled=number % 2 == 0) as sent:
        try:
            taken = receiving.receive(sent, "fuzz", images_only=True)
        except UploadRefused:
            return None
        digest = taken.durable.result()
        stored = taken.part.read_bytes()
        taken.part.unlink()
        assert (taken.file.size, digest) == (len(stored), hashlib.sha256(stored).hexdigest())
        return stored


def upload(data: bytes, *, spooled: bool) -> UploadedFile:
    if not spooled:
        return SimpleUploadedFile("mutant.jpg", data)
    sent = TemporaryUploadedFile("mutant.jpg", "image/jpeg", len(data), None)
    sent.write(data)
    sent.seek(0)
    return sent


def same_pixels(before: bytes, after: bytes, found: Inspection) -> bool:
    """Whether the pixels could be compared; fails when patches have changed them."""
    if found.width * found.height > DECODED_PIXELS:
        return False
    shown = decoded(before)
    if shown is None:
        return False
    assert decoded(after) == shown, "the patches changed the picture"
    return True


def decoded(data: bytes) -> bytes | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(BytesIO(data), formats=("JPEG", "PNG", "WEBP", "GIF", "AVIF")) as image:
                return image.convert("RGBA").tobytes()
        except Exception:  # noqa: BLE001 (a decoder may say anything about such data)
            return None
