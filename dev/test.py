"""Behind `make test`: the whole suite, then the data layer once more on PostgreSQL and Redis.

The last line counts both. What could not run is listed by pytest with its reason.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from dev.postgres import Postgres
from dev.valkey import Valkey

DATA_LAYER = ("tests/media_staging", "tests/products", "tests/site/test_throttle.py")


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0


def main(arguments: list[str]) -> int:
    """Exit code 0 only if everything that ran passed and something ran in each pass."""
    count = Count()
    print("== SQLite, embedded broker ==", flush=True)
    codes = [run_pytest(arguments, {}, count)]
    if not arguments:
        print("== PostgreSQL, Redis ==", flush=True)
        with Postgres() as postgres, Valkey() as valkey:
            servers = {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url}
            codes.append(run_pytest([*DATA_LAYER], servers, count))
    print(f"{count.passed} passed, {count.failed} failed, {count.skipped} skipped")
    return max(codes)


def run_pytest(arguments: list[str], extra: dict[str, str], count: Count) -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        settings = {"VAR_DIR": folder, "MEDIA_REMOTE": "filesystem", **extra}
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
        code = subprocess.run(command, env={**os.environ, **settings}, check=False).returncode
        if report.exists():
            add(report, count)
    return code


def add(report: Path, count: Count) -> None:
    for suite in ElementTree.parse(report).iter("testsuite"):  # noqa: S314 (pytest's own file)
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        count.failed += failed
        count.skipped += skipped
        count.passed += int(suite.get("tests", 0)) - failed - skipped


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
