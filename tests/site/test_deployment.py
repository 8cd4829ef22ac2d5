"""The settings of a public server: what Django's own check for that finds, and no default login."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "kX8-qP2_" * 8,
    "ALLOWED_HOSTS": "shop.example",
    "CSRF_TRUSTED_ORIGINS": "https://shop.example",
}


def manage(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "default", "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_check_for_deployment_finds_nothing(tmp_path: Path) -> None:
    done = manage("check", "--deploy", "--fail-level", "DEBUG", VAR_DIR=str(tmp_path), **PRODUCTION)
    assert done.stdout == "System check identified no issues (0 silenced).\n"
    assert done.stderr == ""
    assert done.returncode == 0


WRONG = [
    ("SECRET_KEY", ""),
    ("DEBUG", "maybe"),
    ("TIME_ZONE", "Mars/Base"),
    ("TRUSTED_PROXIES", "all"),
    ("TRUSTED_PROXIES", "-1"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_ends_the_start_with_one_line(tmp_path: Path, name: str, value: str) -> None:
    done = manage("check", VAR_DIR=str(tmp_path), **{**PRODUCTION, name: value})
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{name}: ")
