"""Inside the project: rounds of our small pictures, and of the control's between them."""

import json
import time
from pathlib import Path

from bench.site import run
from bench.stage_files import stage_all
from media_staging.models import PREVIEW_SIDE, THUMBNAIL_SIDE
from media_staging.thumbnails import making
from media_staging.transfer import draining

ROUNDS = 7
SIDES = {"both": [PREVIEW_SIDE, THUMBNAIL_SIDE], "tile": [THUMBNAIL_SIDE]}


def compare(folder: str) -> None:
    """Print the seconds of each, round by round, as JSON."""
    found: dict[str, list[float]] = {"ours": [], "both": [], "tile": []}
    for _ in range(ROUNDS):
        found["ours"].append(ours(folder))
        for who, sides in SIDES.items():
            found[who].append(bare(folder, sides))
    print(json.dumps(found))


def ours(folder: str) -> float:
    stage_all(folder)
    draining.drain()
    began = time.perf_counter()
    report = making.make_due()
    seconds = time.perf_counter() - began
    if report.made != len(list(Path(folder).iterdir())):
        raise RuntimeError(f"{report.made} thumbnails were made, {report.given_up} given up")
    return seconds


def bare(folder: str, sides: list[int]) -> float:
    source = f"from bench.thumbnails import bare; bare({folder!r}, {sides})"
    return float(run("-c", source, env={}))
