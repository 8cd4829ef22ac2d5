"""A wrong environment ends start-up with one line that names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
GOOD = "cloudinary://123:hush@shop"


def start(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(folder), **env},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://123:hush@shop",
        "cloudinary://123@shop",
        "cloudinary://123:hush@",
        "cloudinary://shop",
        "cloudinary://123:hush@[shop",
    ],
)
def test_a_wrong_cloudinary_url_is_one_line_without_the_secret(tmp_path: Path, url: str) -> None:
    ended = start(tmp_path, MEDIA_REMOTE="cloudinary", CLOUDINARY_URL=url)
    assert ended.returncode == 1
    assert ended.stderr.startswith("CLOUDINARY_URL: ")
    assert ended.stderr.count("\n") == 1
    assert "cloudinary://api_key:api_secret@cloud_name" in ended.stderr
    assert "hush" not in ended.stderr


@pytest.mark.parametrize("name", ["CLOUDINARY_UPLOAD_PREFIX", "CLOUDINARY_PUBLIC_URL"])
def test_a_wrong_address_of_cloudinary_is_one_line(tmp_path: Path, name: str) -> None:
    env = {"MEDIA_REMOTE": "cloudinary", "CLOUDINARY_URL": GOOD, name: "somewhere"}
    ended = start(tmp_path, **env)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{name}: ")
    assert ended.stderr.count("\n") == 1


def test_a_cloudinary_url_is_all_that_is_needed(tmp_path: Path) -> None:
    assert start(tmp_path, MEDIA_REMOTE="cloudinary", CLOUDINARY_URL=GOOD).returncode == 0


SHOW = """
import sys
from django.conf import settings
from media_staging import remotes
remotes.current()
policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"]
print(remotes.current().url("a/b.jpg", {"version": 7}), policy[-1], "cloudinary" in sys.modules)
"""


@pytest.mark.parametrize(
    ("env", "base", "origin"),
    [
        ({}, "https://res.cloudinary.com/shop", "https://res.cloudinary.com"),
        (
            {"CLOUDINARY_PUBLIC_URL": "https://img.example/cdn"},
            "https://img.example/cdn",
            "https://img.example",
        ),
        (
            {"CLOUDINARY_URL": f"{GOOD}/shop-res.cloudinary.com"},
            "https://shop-res.cloudinary.com",
            "https://shop-res.cloudinary.com",
        ),
    ],
    ids=["shared", "host name of one's own", "private CDN"],
)
def test_pages_may_show_pictures_from_where_they_are(
    tmp_path: Path, env: dict[str, str], base: str, origin: str
) -> None:
    env = {"MEDIA_REMOTE": "cloudinary", "CLOUDINARY_URL": GOOD, **env}
    shown = shell(tmp_path, env)
    assert shown == [f"{base}/image/upload/v7/a/b.jpg", origin, "True"]


def test_who_is_not_on_cloudinary_does_not_load_its_sdk(tmp_path: Path) -> None:
    env = {"MEDIA_REMOTE": "s3", "S3_BUCKET": "shop", "AWS_ACCESS_KEY_ID": "a"}
    assert shell(tmp_path, {**env, "AWS_SECRET_ACCESS_KEY": "b"})[-1] == "False"


def shell(folder: Path, env: dict[str, str]) -> list[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", SHOW],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(folder), **env},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
