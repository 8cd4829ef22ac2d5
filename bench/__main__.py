"""`make bench`: run the benchmarks and print what was measured beside what was promised.

    python -m bench [NAME …]     only some of them; `python -m bench help` lists the names

Exit code 0 when everything ran, whether the goals were met or not; 1 when something could not run.
"""

import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import drains, idle_connections, product_page, rows, saves, thumbnails, wakeups
from bench.site import ROOT
from bench.table import Row, disk_facts, file_system, render

logger = logging.getLogger("bench")

BENCHMARKS: dict[str, Callable[[Path], list[Row]]] = {
    "save": saves.beside_folder,
    "save-s3": saves.beside_s3,
    "save-black-hole": saves.black_hole,
    "save-silent-broker": saves.silent_broker,
    "drain": drains.near,
    "drain-far": drains.far,
    "drain-botocore": drains.botocore,
    "drain-cloudinary": drains.cloudinary,
    "idle-connections": idle_connections.idle_connections,
    "wake-up": wakeups.wake_up,
    "thumbnails": thumbnails.thumbnails,
    "memory": drains.memory,
    "memory-cloudinary": drains.memory_cloudinary,
    "variants": rows.variants,
    "pages": rows.pages,
    "product-page": product_page.product_page,
    "save-beside-photos": product_page.save_beside_photos,
}


def main(names: Sequence[str]) -> int:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"{', '.join(unknown)}: not one of {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    folder = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    if file_system(folder) == "tmpfs":
        print(f"{folder} is on a tmpfs, where fsync costs nothing: set VAR_DIR", file=sys.stderr)
        return 1
    try:
        return report(names or list(BENCHMARKS), folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def report(names: Sequence[str], folder: Path) -> int:
    facts = disk_facts(folder)
    measured: list[Row] = []
    broken: list[str] = []
    for name in names:
        began = time.monotonic()
        try:
            found = BENCHMARKS[name](folder / name)
        except Exception:
            logger.exception("%s could not run", name)
            broken.append(name)
        else:
            measured += found
            # At once as well, so that a run that is broken off has not been for nothing.
            print(render(found), file=sys.stderr)
        shutil.rmtree(folder / name, ignore_errors=True)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(f"{facts}; {os.cpu_count()} processors\n\n{render(measured)}")
    for name in broken:
        print(f"{name}: could not run")
    return 1 if broken else 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    sys.exit(main(sys.argv[1:]))
