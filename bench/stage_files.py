"""Inside the project: stage every file of a folder, as one shop process would."""

from pathlib import Path

from django.core.files.base import File

from media_staging import stage


def stage_all(folder: str) -> None:
    for path in sorted(Path(folder).iterdir()):
        with path.open("rb") as source:
            stage(File(source, name=path.name))
