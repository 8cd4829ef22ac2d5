"""Behind `make lint`: does the vulnerability database know anything about what we install?

Exit code 1 when it does. When it cannot be reached, that is said and the exit code is 0: a machine
without internet can lint, and nobody takes silence for a clean bill.
"""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
SERVICE = "https://api.osv.dev/v1/query"
TIMEOUT_SECONDS = 5


def main(service: str = SERVICE, requirements: Path = REQUIREMENTS) -> int:
    problem = unreachable(service)
    report = None if problem else audited(service, requirements)
    if report is None:
        print(f"Dependency audit: NOT DONE, {service} cannot be used: {problem or 'no report'}")
        return 0
    known = [dependency for dependency in report["dependencies"] if dependency.get("vulns")]
    for dependency in known:
        for found in dependency["vulns"]:
            repaired = ", ".join(found["fix_versions"]) or "no version yet"
            pin = f"{dependency['name']} {dependency['version']}"
            print(f"{pin}: {found['id']}, repaired in {repaired}")
    count = len(report["dependencies"])
    print(f"Dependency audit: {count} packages, {len(known)} with known vulnerabilities")
    return 1 if known else 0


def unreachable(service: str) -> str | None:
    """Why the service cannot be asked: known within seconds, where pip-audit takes a minute."""
    question = json.dumps({"package": {"name": "pip", "ecosystem": "PyPI"}, "version": "1"})
    request = urllib.request.Request(service, question.encode())  # noqa: S310 (our own address)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            json.load(answer)
    except urllib.error.URLError as error:
        return str(error.reason)
    except (OSError, ValueError) as error:
        return str(error)
    return None


def audited(service: str, requirements: Path) -> Any:
    """The report of pip-audit; None when it has none to give."""
    command: list[str | Path] = [
        sys.executable, "-m", "pip_audit", "--requirement", requirements, "--no-deps",
        "--disable-pip", "--vulnerability-service", "osv", "--osv-url", service,
        "--timeout", str(TIMEOUT_SECONDS), "--progress-spinner", "off", "--format", "json",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return None


if __name__ == "__main__":
    sys.exit(main())
