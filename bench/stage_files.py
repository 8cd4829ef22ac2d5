"""`python -m bench.stage_files FOLDER`: stage every file of a folder, as one shop process would."""

import os
import sys
from pathlib import Path

import django
from django.core.files.base import File


def main(folder: Path) -> None:
    django.setup()
    from media_staging import stage

    for path in sorted(folder.iterdir()):
        with path.open("rb") as source:
            stage(File(source, name=path.name))


if __name__ == "__main__":
    sys.path.insert(1, "site")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    main(Path(sys.argv[1]))
