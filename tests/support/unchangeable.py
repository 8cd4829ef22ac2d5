"""Folders as another user has them."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def unchangeable(folder: Path) -> Iterator[None]:
    """Nobody adds to it or takes from it; root neither, where the file system can do that."""
    if os.geteuid():
        folder.chmod(0o500)
    elif subprocess.run(["chattr", "+i", folder], capture_output=True).returncode:
        pytest.skip("this file system makes nothing immutable")
    try:
        yield
    finally:
        if os.geteuid():
            folder.chmod(0o700)
        else:
            subprocess.run(["chattr", "-i", folder], check=True)
