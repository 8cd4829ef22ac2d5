"""Behind `make test`: five passes, two at once.

The code on SQLite and the embedded broker; the pages in Chromium; processes that are killed and
robbed of their disks, the short form of `make torture` and whole sites among them; the programs of
`dev/`; and what touches the database once more on PostgreSQL and Redis. The last line counts all of
them. What could not run is listed by pytest with its reason. With arguments, which go to pytest,
there is one pass.
"""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from dev.servers.postgres import Postgres
from dev.servers.valkey import Valkey

PAGES = "tests/e2e"
PROCESSES = (
    "tests/torture",
    "tests/media_staging/test_processes.py",
    "tests/media_staging/field",
    "tests/media_staging/uploads/test_foreign_fields.py",
)
PROGRAMS = "tests/dev"
DATA_LAYER = ("tests/media_staging", "tests/products", "tests/site/test_throttle.py")
AT_ONCE = 2
ON_SERVERS = ("--database-only", "--hypothesis-profile=brief")
PROGRESS = "%]"


@dataclass(frozen=True)
class Pass:
    """One run of pytest."""

    name: str
    arguments: Sequence[str]
    on_servers: bool = False


PASSES = [
    # In this order two lanes end at about the same time.
    Pass("pages in Chromium", [PAGES]),
    Pass("SQLite, embedded broker", [f"--ignore={each}" for each in (PAGES, *PROCESSES, PROGRAMS)]),
    Pass("PostgreSQL, Redis", [*DATA_LAYER, *ON_SERVERS], on_servers=True),
    Pass("killed processes", PROCESSES),
    Pass("programs", [PROGRAMS]),
]


@dataclass(frozen=True)
class Result:
    code: int
    passed: int
    failed: int
    skipped: int


def main(arguments: list[str]) -> int:
    """Exit code 0 only if everything that ran passed and something ran in each pass."""
    passes = [Pass("chosen tests", arguments)] if arguments else PASSES
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(run, passes))
    passed, failed, skipped = (
        sum(getattr(result, name) for result in results) for name in ("passed", "failed", "skipped")
    )
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    # Not the largest: a pass that was killed has a negative one.
    return int(any(result.code for result in results))


def run(one: Pass) -> Result:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        report = Path(folder, "report.xml")
        env = {**os.environ, "VAR_DIR": folder, "MEDIA_REMOTE": "filesystem"}
        if one.on_servers:
            env["DATABASE_URL"] = stack.enter_context(Postgres()).url
            env["REDIS_URL"] = stack.enter_context(Valkey()).url
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *one.arguments]
        code = follow(one.name, command, env)
        return counted(code, report)


printing = threading.Lock()


def follow(name: str, command: Sequence[str], env: dict[str, str]) -> int:
    """Run it; print its progress as it comes, under its name, and the rest in one piece."""
    rest = []
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            if line.rstrip().endswith(PROGRESS):
                with printing:
                    print(f"{name:<24} {line}", end="", flush=True)
            else:
                rest.append(line)
    with printing:
        print(f"== {name} ==\n{''.join(rest)}", flush=True)
    return process.returncode


def counted(code: int, report: Path) -> Result:
    total = failed = skipped = 0
    # Pytest writes no report when it cannot start.
    suites = ElementTree.parse(report).iter("testsuite") if report.exists() else ()  # noqa: S314
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return Result(code, total - failed - skipped, failed, skipped)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
