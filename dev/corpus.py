"""Behind `make corpus CORPUS=folder`: what intake and thumbnails make of real files.

    python -m dev.corpus FOLDER

Each distinct file goes through both, and through Pillow for a second opinion. Exit code 1 if any
raised what neither is meant to raise. Nothing is stored.
"""

import argparse
import hashlib
import logging
import sys
import tempfile
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import django
from django.conf import settings
from PIL import Image

from dev import table

TAKEN = "taken"
READS = "reads it"
HEADINGS = ("format", "files", "taken", "thumbnails", "refused", "no thumbnail", "Pillow reads")
EXTREMES = 5


@dataclass(slots=True)
class Seen:
    """What became of one file. Times in seconds."""

    path: Path
    size: int
    # As intake tells it, or Pillow where it refuses.
    format: str = "none"
    # "taken", or the machine word of the refusal, the failure or the exception.
    intake: str = TAKEN
    thumbnail: str = ""
    pillow: str = ""
    times: dict[str, float] = field(default_factory=dict)
    is_defect: bool = False

    @property
    def has_thumbnail(self) -> bool:
        return self.thumbnail == TAKEN

    @property
    def outcome(self) -> str:
        """Empty if all went well."""
        if self.intake != TAKEN:
            return f"refused: {self.intake}"
        return "" if self.has_thumbnail else f"no thumbnail: {self.thumbnail}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make corpus CORPUS=folder")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(arguments).folder
    if not folder.is_dir():
        parser.error(f"{folder} is no folder; name one with pictures in it")
    with tempfile.TemporaryDirectory() as root:
        # The app as a project has it that sets nothing.
        settings.configure(INSTALLED_APPS=["media_staging"], MEDIA_STAGING={"ROOT": root})
        django.setup()
        seen = list(look_at(distinct(folder)))
    if not seen:
        print(f"There is no file in {folder}.", file=sys.stderr)
        return 1
    print(report(seen, folder))
    return int(any(each.is_defect for each in seen))


def distinct(folder: Path) -> Iterator[tuple[Path, bytes]]:
    known = set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        digest = hashlib.sha256(data).digest()
        if digest not in known:
            known.add(digest)
            yield path, data


def look_at(files: Iterable[tuple[Path, bytes]]) -> Iterator[Seen]:
    from media_staging.containers import for_decoder
    from media_staging.errors import RenderingFailed, UploadRefused
    from media_staging.intake import receiving
    from media_staging.models import PREVIEW_SIDE, THUMBNAIL_SIDE
    from media_staging.thumbnails.rendering import Renderer

    with Renderer() as renderer:
        for path, data in files:
            seen = Seen(path, len(data))
            seen.pillow, seen.format = asked_of_pillow(data)
            try:
                began = time.perf_counter()
                found = receiving.inspect(data, path.name, images_only=True)
                seen.times["intake"] = time.perf_counter() - began
                seen.format = found.format if found else seen.format
                began = time.perf_counter()
                renderer.render(for_decoder(data), (THUMBNAIL_SIDE, PREVIEW_SIDE))
                seen.times["thumbnail"] = time.perf_counter() - began
                seen.thumbnail = TAKEN
            except UploadRefused as error:
                seen.intake = error.code
            except RenderingFailed as error:
                seen.thumbnail = f"{error.code} ({error})"
            except Exception as error:
                logging.exception("%s", path)
                seen.is_defect = True
                seen.intake = f"DEFECT {type(error).__name__}"
            yield seen


def asked_of_pillow(data: bytes) -> tuple[str, str]:
    """Whether it reads all pixels, and what format it takes the file for."""
    kind = "none"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(data)) as image:
                kind = (image.format or "none").lower()
                image.load()
    except Exception as error:  # noqa: BLE001 (its decoders raise anything)
        return f"{type(error).__name__}: {error}"[:100], kind
    return READS, kind


def report(seen: list[Seen], folder: Path) -> str:
    return "\n\n".join(
        [
            table.render(HEADINGS, list(by_format(seen))),
            table.render(("what", "format", "files", "Pillow reads"), list(by_outcome(seen))),
            *(extremes(seen, what, folder) for what in ("intake", "thumbnail")),
            largest(seen, folder),
            *names(seen, folder),
        ]
    )


def by_format(seen: list[Seen]) -> Iterator[list[str]]:
    groups = defaultdict(list)
    for each in seen:
        groups[each.format].append(each)
    for name, group in [*sorted(groups.items()), ("all", seen)]:
        taken = [each for each in group if each.intake == TAKEN]
        with_thumbnail = sum(each.has_thumbnail for each in taken)
        counts = (
            *(len(group), len(taken), with_thumbnail),
            *(len(group) - len(taken), len(taken) - with_thumbnail),
            sum(each.pillow == READS for each in group),
        )
        yield [name, *(f"{count:,}" for count in counts)]


def by_outcome(seen: list[Seen]) -> Iterator[list[str]]:
    unhappy = [each for each in seen if each.outcome]
    read = Counter((each.outcome, each.format) for each in unhappy if each.pillow == READS)
    counted = Counter((each.outcome, each.format) for each in unhappy)
    for (outcome, kind), count in counted.most_common():
        yield [outcome, kind, f"{count:,}", f"{read[outcome, kind]:,}"]


def extremes(seen: list[Seen], what: str, folder: Path) -> str:
    slowest = sorted(seen, key=lambda each: each.times.get(what, 0), reverse=True)[:EXTREMES]
    rows = [
        [f"{each.times[what] * 1000:.1f}", megabytes(each), str(each.path.relative_to(folder))]
        for each in slowest
        if what in each.times
    ]
    return table.render((f"slowest {what} (ms)", "MB", "file"), rows)


def largest(seen: list[Seen], folder: Path) -> str:
    rows = [
        [megabytes(each), each.outcome or TAKEN, str(each.path.relative_to(folder))]
        for each in sorted(seen, key=lambda each: each.size, reverse=True)[:EXTREMES]
    ]
    return table.render(("largest (MB)", "what", "file"), rows)


def megabytes(seen: Seen) -> str:
    return f"{seen.size / 10**6:.2f}"


def names(seen: list[Seen], folder: Path) -> Iterator[str]:
    """Those that were not taken, or have no thumbnail, with what Pillow says."""
    groups = defaultdict(list)
    for each in seen:
        if each.outcome:
            groups[each.outcome].append(each)
    for outcome, group in sorted(groups.items()):
        rows = [[str(each.path.relative_to(folder)), each.format, each.pillow] for each in group]
        yield table.render((outcome, "format", "Pillow"), rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
