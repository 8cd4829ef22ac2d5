"""Finds the programs that wheels bring along, without importing their Python side."""

from importlib.util import find_spec
from pathlib import Path


def wheel_program(package: str, pattern: str) -> Path:
    """Return the file in an installed package that matches, the last one by name if several do.

    Raises FileNotFoundError when the package or the file is not there.
    """
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    matches = [path for folder in folders or () for path in Path(folder).glob(pattern)]
    if not matches:
        raise FileNotFoundError(f"{package} with {pattern}: not installed for this machine")
    return max(matches)
