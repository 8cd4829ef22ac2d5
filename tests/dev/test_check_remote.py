"""`make check-remote`, with local servers in the place of real accounts."""

import os
import subprocess
import sys
from pathlib import Path

from cloudinary import api

from dev.cloudinary.local import LocalCloudinary
from dev.servers.seaweedfs import SeaweedFS
from tests.media_staging.remotes.samples import keys, s3

ROOT = Path(__file__).resolve().parents[2]


def check(**env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dev.check_remote"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
    )


def test_without_an_account_it_says_in_one_line_what_it_needs() -> None:
    ended = check()
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert "CLOUDINARY_URL" in ended.stderr
    assert "S3_BUCKET" in ended.stderr


def test_on_cloudinary_it_says_what_it_checked_and_leaves_nothing() -> None:
    with LocalCloudinary() as server:
        ended = check(**server.env())
        assert ended.returncode == 0, ended.stdout
        assert "kept        an upload can be repeated (photo, 1000)" in ended.stdout
        assert "BROKEN" not in ended.stdout
        options = {**server.options, "max_results": 10}
        del options["public_url"]
        for kind in ("image", "raw"):
            assert api.resources(resource_type=kind, **options)["resources"] == []


def test_a_plan_that_takes_no_large_files_leaves_them_unchecked() -> None:
    with LocalCloudinary(largest=10_485_760) as server:
        ended = check(**server.env())
    assert ended.returncode == 0, ended.stdout
    assert "not checked what is uploaded is found and read back (photo, 20000001)" in ended.stdout
    assert "Maximum is 10485760" in ended.stdout


def test_on_s3_it_leaves_what_was_there_before(s3_server: SeaweedFS) -> None:
    before = keys(s3(s3_server))
    ended = check(**s3_server.env())
    assert ended.returncode == 0, ended.stdout
    assert keys(s3(s3_server)) == before


def test_an_account_that_turns_us_away_is_no_success(s3_server: SeaweedFS) -> None:
    ended = check(**{**s3_server.env(), "AWS_SECRET_ACCESS_KEY": "wrong"})
    assert ended.returncode == 1
    assert "BROKEN" in ended.stdout
