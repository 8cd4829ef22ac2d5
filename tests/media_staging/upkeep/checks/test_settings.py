"""Settings that cannot work stop the start, in words."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from media_staging.conf import conf
from media_staging.upkeep.checks import check_settings


def problems(settings: Any, **changes: Any) -> list[str]:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, **changes}
    return [str(found.id) for found in check_settings(None)]


def test_the_settings_of_the_site_are_in_order(settings: Any) -> None:
    assert problems(settings) == []


S3 = {"bucket_name": "shop", "access_key": "k", "secret_key": "s"}


def on_port(host: str, port: int, **options: str) -> dict[str, Any]:
    return {"TYPE": "s3", **S3, "endpoint_url": f"http://{host}:{port}", **options}


WRONG: dict[str, dict[str, Any]] = {
    "media_staging.E001": {"LEASE_SECOND": 60},
    "media_staging.E002": {"REMOTE": "ftp"},
    "media_staging.E003": {"REMOTE": "s3", "REMOTES": {"s3": {**S3, "session_profile": "shop"}}},
    "media_staging.E004": {"TRANSFER_CONCURRENCY": 0},
    "media_staging.E010": {"REMOTE": "s3", "REMOTES": {"s3": {**S3, "gzip": True}}},
    "media_staging.E011": {
        "REMOTE": "new",
        "REMOTES": {"new": on_port("127.0.0.1", 9000), "old": on_port("localhost", 9001)},
    },
}


@pytest.mark.parametrize("code", WRONG)
def test_a_setting_that_cannot_work_is_an_error(settings: Any, code: str) -> None:
    assert problems(settings, **WRONG[code]) == [code]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"client_config": {"nope": 1}}, "nope"),
        ({"cloudfront_key_id": "K", "cloudfront_key": "none"}, "does not fit"),
        ({"cloudfront_key_id": "K"}, "must be provided together"),
        ({"session_profile": "shop"}, "should not be provided with"),
    ],
    ids=str,
)
def test_an_option_of_s3_that_is_none_is_an_error_in_words(
    settings: Any, options: dict[str, Any], words: str
) -> None:
    entry = {"REMOTE": "s3", "REMOTES": {"s3": {**S3, **options}}}
    assert problems(settings, **entry) == ["media_staging.E003"]
    (found,) = check_settings(None)
    assert words in found.msg
    assert found.hint
    assert found.hint.startswith("Change that in MEDIA_STAGING['REMOTES']['s3'], or in the AWS_*")


@pytest.mark.parametrize("value", [None, 5], ids=str)
def test_a_value_that_no_remote_can_be_made_of_is_an_error_and_no_crash(
    settings: Any, value: Any
) -> None:
    entry = {"REMOTE": "s3", "REMOTES": {"s3": {**S3, "location": value}}}
    assert problems(settings, **entry) == ["media_staging.E010"]


@pytest.mark.parametrize("remotes", [None, {"s3": None}, {"s3": "shop"}, ["s3"]], ids=str)
def test_remotes_of_another_form_are_an_error(settings: Any, remotes: Any) -> None:
    assert problems(settings, REMOTES=remotes) == ["media_staging.E001"]
    assert "a dict of options for each remote" in check_settings(None)[0].msg


def test_an_unknown_kind_is_told_by_where_it_stands(settings: Any) -> None:
    entries = {**settings.MEDIA_STAGING["REMOTES"], "s3": {"TYPE": "s4"}}
    problems(settings, REMOTES=entries)
    (found,) = check_settings(None)
    assert found.msg == (
        "MEDIA_STAGING['REMOTES']['s3'] has the TYPE 's4', which is no kind of remote."
    )
    problems(settings, REMOTES={**settings.MEDIA_STAGING["REMOTES"], "s3": {}, "new": {}})
    assert "'new', of which it does not say what kind it is" in check_settings(None)[0].msg


@pytest.mark.parametrize(
    ("setting", "value", "code", "option"),
    [
        ("AWS_S3_ENDPOINT_URL", "minio", "E010", "endpoint_url"),
        ("AWS_LOCATION", None, "E010", "location"),
        ("AWS_QUERYSTRING_EXPIRE", 0, "E010", "querystring_expire"),
        ("AWS_S3_SIGNATURE_VERSION", "bogus", "E010", "signature_version"),
        ("AWS_S3_OBJECT_PARAMETERS", {"StorageClass": "GLACIER"}, "E010", "object_parameters"),
        ("AWS_S3_OBJECT_PARAMETERS", {"ContentType": "image/png"}, "W010", "object_parameters"),
        ("AWS_S3_FILE_NAME_CHARSET", "latin-1", "W010", "file_name_charset"),
    ],
    ids=str,
)
def test_the_setting_that_says_it_is_named(
    settings: Any, setting: str, value: Any, code: str, option: str
) -> None:
    setattr(settings, setting, value)
    assert problems(settings, REMOTE="s3", REMOTES={"s3": S3}) == [f"media_staging.{code}"]
    (found,) = check_settings(None)
    assert found.msg.startswith(
        f"{setting}, which says {option} of MEDIA_STAGING['REMOTES']['s3'], "
    )
    assert found.hint
    assert f"say {option!r} in that entry." in found.hint


def test_entries_that_no_new_file_goes_to_are_looked_at_too(settings: Any) -> None:
    old = {"TYPE": "s3", **S3, "file_overwrite": False}
    entries = {**settings.MEDIA_STAGING["REMOTES"], "old": old}
    assert problems(settings, REMOTES=entries) == ["media_staging.E010"]
    (found,) = check_settings(None)
    assert found.msg.startswith("MEDIA_STAGING['REMOTES']['old']: file_overwrite has no effect")
    assert found.hint == "Leave it out."


def test_what_a_project_says_of_its_other_storages_is_only_a_warning(settings: Any) -> None:
    settings.AWS_IS_GZIPPED = True
    assert problems(settings, REMOTE="s3", REMOTES={"s3": S3}) == ["media_staging.W010"]


def test_a_root_has_to_be_named(settings: Any) -> None:
    settings.MEDIA_STAGING = {}
    with pytest.raises(ImproperlyConfigured, match="ROOT"):
        conf()
    assert [found.id for found in check_settings(None)] == ["media_staging.E001"]


def test_a_root_given_as_text_is_a_path(settings: Any) -> None:
    settings.MEDIA_STAGING = {"ROOT": "/srv/staging"}
    assert Path("/srv/staging") == conf().ROOT
    assert conf().REMOTE == "filesystem"


@pytest.mark.parametrize(
    "other",
    [
        on_port("localhost", 9000),
        on_port("127.0.0.1", 9001, location="old"),
        on_port("old.local", 9001),
    ],
)
def test_two_entries_on_this_machine_are_in_order(settings: Any, other: dict[str, Any]) -> None:
    """One server by two names, another prefix, a host name of its own."""
    entries = {"new": on_port("127.0.0.1", 9000), "old": other}
    assert problems(settings, REMOTE="new", REMOTES=entries) == []
