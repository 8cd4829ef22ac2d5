"""A wrong environment ends start-up with one line that names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
GOOD = "cloudinary://123:hush@shop"
S3 = {"MEDIA_REMOTE": "s3", "S3_BUCKET": "shop", "AWS_ACCESS_KEY_ID": "a"}
S3 |= {"AWS_SECRET_ACCESS_KEY": "b", "S3_ENDPOINT_URL": "http://minio:9000"}


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


@pytest.mark.parametrize(
    "name", ["CLOUDINARY_UPLOAD_PREFIX", "CLOUDINARY_PUBLIC_URL", "S3_PUBLIC_ENDPOINT_URL"]
)
def test_a_wrong_address_is_one_line(tmp_path: Path, name: str) -> None:
    env = {**S3, "MEDIA_REMOTE": "cloudinary", "CLOUDINARY_URL": GOOD, name: "somewhere"}
    ended = start(tmp_path, **env)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{name}: ")
    assert ended.stderr.count("\n") == 1


def test_a_cloudinary_url_is_all_that_is_needed(tmp_path: Path) -> None:
    assert start(tmp_path, MEDIA_REMOTE="cloudinary", CLOUDINARY_URL=GOOD).returncode == 0


SHOW = """
import sys
from media_staging import remotes
url = remotes.current().url("a/b.jpg", {"version": 7})
print(url, remotes.origins()[-1], "cloudinary" in sys.modules)
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


def test_browsers_may_know_s3_by_another_name(tmp_path: Path) -> None:
    url, origin, _cloudinary = shell(
        tmp_path, {**S3, "S3_PUBLIC_ENDPOINT_URL": "https://img.example"}
    )
    assert url.startswith("https://img.example/shop/a/b.jpg?X-Amz-Algorithm")
    assert origin == "https://img.example"


def test_further_options_of_s3_are_used(tmp_path: Path) -> None:
    options = '{"addressing_style": "virtual", "querystring_expire": 60, "location": "ours"}'
    url, *_more = shell(tmp_path, {**S3, "S3_OPTIONS": options})
    assert url.startswith("http://shop.minio:9000/ours/a/b.jpg?")
    assert "X-Amz-Expires=60" in url


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("{nope", 'a JSON object such as {"default_acl": "public-read"}'),
        ('["default_acl"]', "a JSON object"),
        (
            '{"defualt_acl": "hush"}',
            "defualt_acl is no option; known are addressing_style, client_config",
        ),
        ('{"bucket_name": "hush"}', "bucket_name is not said here, but by S3_BUCKET"),
        ('{"public_endpoint_url": "hush"}', "S3_PUBLIC_ENDPOINT_URL"),
    ],
)
def test_wrong_options_of_s3_are_one_line_without_their_values(
    tmp_path: Path, options: str, words: str
) -> None:
    ended = start(tmp_path, **S3, S3_OPTIONS=options)
    assert ended.returncode == 1
    assert ended.stderr.startswith("S3_OPTIONS: ")
    assert ended.stderr.count("\n") == 1
    assert words in ended.stderr
    assert "hush" not in ended.stderr


def test_an_option_of_s3_without_effect_is_named_with_a_way_out(tmp_path: Path) -> None:
    ended = start(tmp_path, **S3, S3_OPTIONS='{"gzip": true}')
    assert ended.returncode == 1
    assert (
        "REMOTES']['s3']: gzip has no effect here: files are stored byte for byte" in ended.stderr
    )
    assert "HINT: Leave it out." in ended.stderr


def shell(folder: Path, env: dict[str, str]) -> list[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", SHOW],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VAR_DIR": str(folder), **env},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
