"""Behind `make check-remote`: the contract of remotes, tested on a real account.

Everything happens below a prefix of its own, which is empty again in the end. Exit code 0 only if
every account that the environment names keeps the contract.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

CONTRACT = "tests/media_staging/remotes/test_contract.py"
# What has to be set for each remote; the rest is optional, as for the site.
NEEDED = {"cloudinary": "CLOUDINARY_URL", "s3": "S3_BUCKET"}
WORDS = {"": "kept", "failure": "BROKEN", "error": "BROKEN", "skipped": "not checked"}
HINT = (
    "make check-remote needs an account: set CLOUDINARY_URL=cloudinary://key:secret@cloud, or "
    "S3_BUCKET, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY (and S3_ENDPOINT_URL, S3_REGION)."
)


def main() -> int:
    chosen = [name for name, variable in NEEDED.items() if os.environ.get(variable)]
    if not chosen:
        print(HINT, file=sys.stderr)
        return 1
    return max([check(name) for name in chosen])


def check(name: str) -> int:
    """Run the contract on one remote and print what it said about each promise."""
    print(f"== {name} ==", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        settings = {"VAR_DIR": folder, "MEDIA_REMOTE": name, "CHECK_REMOTE": name}
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", CONTRACT]
        done = subprocess.run(
            command, env={**os.environ, **settings}, check=False, capture_output=True, text=True
        )
        if report.exists():
            print(*lines(report), sep="\n")
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n")
    return done.returncode


def lines(report: Path) -> Iterator[str]:
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 (pytest's own file)
        problems = [(each.tag, each.get("message", "")) for each in case if each.tag in WORDS]
        tag, message = problems[0] if problems else ("", "")
        why = f": {message}" if tag == "skipped" else ""
        yield f"{WORDS[tag]:<12}{promise(case.get('name', ''))}{why}"


def promise(name: str) -> str:
    """`test_it_works[s3-photo-1000]` as words: it works (photo, 1000)."""
    words, _bracket, options = name.removeprefix("test_").partition("[")
    shown = options.rstrip("]").split("-")[1:]
    return words.replace("_", " ") + (f" ({', '.join(shown)})" if shown else "")


if __name__ == "__main__":
    sys.exit(main())
