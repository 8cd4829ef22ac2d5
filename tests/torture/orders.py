"""Orders to die at a chosen call; see `killpoints/sitecustomize.py`."""

from itertools import count
from pathlib import Path

KILLPOINTS = Path(__file__).with_name("killpoints")


class Orders:
    """The orders for the processes of one kind. Only one is open at a time."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.env = {"PYTHONPATH": str(KILLPOINTS), "KILL_ORDER": str(file)}
        self._numbers = count(1)

    def give(self, call: str, moment: str, nth: int) -> None:
        """The next process that comes to its n-th such call from now on dies there."""
        self._obeyed.unlink(missing_ok=True)
        fresh = self.file.with_suffix(".fresh")
        fresh.write_text(f"{next(self._numbers)} {call} {moment} {nth}")
        fresh.replace(self.file)

    def is_obeyed(self) -> bool:
        return self._obeyed.exists()

    def withdraw(self) -> bool:
        """Take an open order back; tells whether it was obeyed before that."""
        self.file.unlink(missing_ok=True)
        return self.is_obeyed()

    @property
    def _obeyed(self) -> Path:
        return self.file.with_name(f"{self.file.name}.obeyed")
