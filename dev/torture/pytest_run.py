"""One run of pytest in a process of its own, and what its report says."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """`counts` are the whole numbers that tests recorded with `record_testsuite_property`."""

    passed: bool
    failure: str
    counts: dict[str, int]


def run(*arguments: str, root: Path = ROOT, quiet: bool = False) -> Outcome:
    """Run pytest in `root` on SQLite with a VAR_DIR of its own; `quiet` hides what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "--tb=short", f"--junitxml={report}", *arguments],
            cwd=root,
            env={**os.environ, "VAR_DIR": folder, "MEDIA_REMOTE": "filesystem"},
            stdout=subprocess.DEVNULL if quiet else None,
            check=False,
        )
        return read(report, passed=ended.returncode == 0)


def read(report: Path, *, passed: bool) -> Outcome:
    if not report.exists():
        return Outcome(passed=False, failure="pytest did not start", counts={})
    suites = ElementTree.parse(report)  # noqa: S314 (pytest's own file)
    troubles = [*suites.iter("failure"), *suites.iter("error")]
    failure = "\n".join(trouble.text or "" for trouble in troubles)
    counts = {each.get("name", ""): each.get("value", "") for each in suites.iter("property")}
    return Outcome(passed, failure, {k: int(v) for k, v in counts.items() if v.isdigit()})
