"""Cloudinary's SDK and nothing else, to measure against.

    python -m bench.sdk_uploads FOLDER PREFIX WORKERS

Uploads every file of the folder, as its documentation says, and prints how many seconds it took.
"""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cloudinary import uploader


def main(folder: Path, prefix: str, workers: int) -> None:
    upload_prefix = os.environ["CLOUDINARY_UPLOAD_PREFIX"]

    def upload(path: Path) -> None:
        with path.open("rb") as source:
            public_id = f"{prefix}/{path.stem}"
            uploader.upload(source, public_id=public_id, upload_prefix=upload_prefix, timeout=60)

    paths = sorted(folder.iterdir())
    began = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(upload, paths))
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
