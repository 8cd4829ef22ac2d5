"""A small corpus of every outcome, looked at as `make corpus` does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.media_staging.photos import jpeg

ROOT = Path(__file__).parents[2]


def corpus(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "dev.corpus", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def rows(text: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line) for line in text.splitlines()]


def test_every_outcome_is_counted_by_format_and_named(tmp_path: Path) -> None:
    good = jpeg()
    (tmp_path / "below").mkdir()
    (tmp_path / "good.jpg").write_bytes(good)
    (tmp_path / "below" / "the same.jpg").write_bytes(good)
    (tmp_path / "below" / "cut.jpg").write_bytes(good[:-2])
    (tmp_path / "notes.txt").write_text("no picture")
    Image.new("RGB", (8, 8)).save(tmp_path / "old.bmp")
    done = corpus(tmp_path)
    assert done.returncode == 0, done.stderr
    found = rows(done.stdout)
    assert ["jpeg", "2", "1", "1", "1", "0", "1"] in found
    assert ["all", "4", "1", "1", "3", "0", "2"] in found
    assert ["refused: unsupported_format", "bmp", "1", "1"] in found
    assert ["old.bmp", "bmp", "reads it"] in found
    (cut,) = (row for row in found if row[0] == "below/cut.jpg")
    assert cut[1] == "jpeg"
    assert cut[2].startswith("OSError: image file is truncated")


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_a_folder_without_files_is_an_error_in_words(tmp_path: Path, name: str) -> None:
    done = corpus(tmp_path / name)
    assert done.returncode
    assert str(tmp_path / name) in done.stderr
