"""The pictures that `make screenshots` makes, and the README that shows them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_readme_shows_every_picture_there_is_and_no_other() -> None:
    shown = re.findall(r"docs/images/[\w-]+\.png", (ROOT / "README.md").read_text())
    there = [str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "images").iterdir()]
    assert sorted(set(shown)) == sorted(there)


def test_the_pictures_are_small() -> None:
    pictures = (ROOT / "docs" / "images").iterdir()
    assert sum(path.stat().st_size for path in pictures) < 1024**2
