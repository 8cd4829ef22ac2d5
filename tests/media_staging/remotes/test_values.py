"""What an option may be is told before a remote is made of it, by one rule for all remotes."""

from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import gettext_lazy

from media_staging.remotes import CLASSES, values

ACCOUNT = {"cloud_name": "shop", "api_key": "1", "api_secret": "s"}
ENTRIES: dict[str, dict[str, Any]] = {
    "s3": {"bucket_name": "shop"},
    "cloudinary": ACCOUNT,
    "filesystem": {"root": "/srv/media"},
}
# Every option that says where something is.
ADDRESSES = [
    ("s3", "endpoint_url"),
    ("s3", "public_endpoint_url"),
    ("s3", "public_url"),
    ("cloudinary", "public_url"),
    ("cloudinary", "upload_prefix"),
]


def test_every_kind_of_remote_has_its_options_told() -> None:
    assert set(values.OPTIONS) == set(CLASSES)


def wrong(kind: str, **options: Any) -> list[str]:
    found = values.problems(kind, {**ENTRIES[kind], **options})
    assert all(problem.is_error and problem.hint for problem in found)
    return [f"{problem.option} {problem.text}" for problem in found]


@pytest.mark.parametrize("kind", ENTRIES)
def test_what_has_to_be_there_is_enough(kind: str) -> None:
    assert wrong(kind) == []


@pytest.mark.parametrize(("kind", "option"), ADDRESSES)
@pytest.mark.parametrize(
    "value",
    [
        "cdn.example.com",
        "minio:9000",
        "//cdn.example.com",
        "ftp://cdn.example.com",
        "https://",
        "https:///x",
        "https://x y",
        "https://x/a b",
        "https://x\n",
        "https://user:secret@x",
        "https://x/?v=1",
        "https://x#y",
        "https://x:99999",
        "https://x:port",
        "https://x; script-src *",
        "https://bücher.example",
        5,
    ],
    ids=repr,
)
def test_an_address_that_browsers_or_servers_cannot_use_is_refused(
    kind: str, option: str, value: Any
) -> None:
    (text,) = wrong(kind, **{option: value})
    assert text == f"{option} is not an address like https://host"


@pytest.mark.parametrize(("kind", "option"), ADDRESSES)
@pytest.mark.parametrize(
    "value",
    [
        "https://x",
        "HTTP://X/",
        "http://minio:9000",
        "https://[::1]:8333/sub/a-b_c/",
        "http://10.0.0.1",
    ],
)
def test_an_address_is_taken(kind: str, option: str, value: str) -> None:
    assert wrong(kind, **{option: value}) == []


def test_only_an_empty_endpoint_is_not_like_none() -> None:
    assert wrong("s3", public_url="", public_endpoint_url="", custom_domain="") == []
    assert wrong("cloudinary", public_url="", upload_prefix="") == []
    assert wrong("s3", endpoint_url="") == ["endpoint_url is not an address like https://host"]


WRONG: list[tuple[str, str, Any, str]] = [
    ("s3", "location", None, "is None, not text"),
    ("s3", "location", 5, "is of the type int, not text"),
    ("s3", "location", "/a//b/", "begins with a slash"),
    ("s3", "location", "../x", "has '.' or '..' in it"),
    ("s3", "location", "a\nb", "has a line break"),
    ("s3", "bucket_name", 5, "is of the type int, not text"),
    ("s3", "bucket_name", "my shop", "has a blank in it"),
    ("s3", "secret_key", "secret\n", "has a line break"),
    ("s3", "region_name", "", "is empty"),
    ("s3", "region_name", "eu south", "has a blank in it"),
    ("s3", "use_ssl", "false", "is neither True nor False"),
    ("s3", "querystring_auth", "no", "is neither True nor False"),
    ("s3", "querystring_auth", None, "is neither True nor False"),
    ("s3", "verify", "/nowhere/ca.pem", "is neither True nor False nor a file that is there"),
    ("s3", "addressing_style", "sideways", "is no style of addresses"),
    ("s3", "custom_domain", "https://cdn.example", "is not a host name"),
    ("s3", "custom_domain", "user@cdn.example", "is not a host name"),
    ("s3", "default_acl", 5, "is of the type int, not text"),
    ("s3", "label", 5, "is of the type int, not text"),
    ("s3", "SAME_AS", "old", "is no id of a place"),
    ("s3", "SAME_AS", 5, "is no id of a place"),
    ("s3", "public_ur", "https://x", "is no option of s3"),
    ("s3", "SAME", "0123456789ab", "is no option of s3"),
    ("cloudinary", "api_key", "", "is empty"),
    ("cloudinary", "api_secret", None, "is None, not text"),
    ("cloudinary", "location", None, "is None, not text"),
    ("cloudinary", "bucket_name", "shop", "is no option of cloudinary"),
    ("filesystem", "root", "", "is no folder"),
    ("filesystem", "rot", "/x", "is no option of filesystem"),
]


@pytest.mark.parametrize(("kind", "option", "value", "words"), WRONG, ids=str)
def test_a_value_that_an_option_cannot_have_is_named(
    kind: str, option: str, value: Any, words: str
) -> None:
    (text,) = wrong(kind, **{option: value})
    assert text.startswith(f"{option} {words}")


RIGHT: list[tuple[str, str, Any]] = [
    ("s3", "location", ""),
    ("s3", "location", "a//b/"),
    ("s3", "region_name", None),
    ("s3", "access_key", ""),
    ("s3", "verify", False),
    ("s3", "verify", __file__),
    ("s3", "custom_domain", "cdn.example:8443/photos"),
    ("s3", "label", gettext_lazy("Name")),
    ("s3", "SAME_AS", ["0123456789ab", "ba9876543210"]),
    ("s3", "TYPE", "s3"),
    ("cloudinary", "location", "/shop/"),
    ("filesystem", "root", Path("/srv/media")),
]


@pytest.mark.parametrize(("kind", "option", "value"), RIGHT, ids=str)
def test_a_value_that_an_option_can_have_is_taken(kind: str, option: str, value: Any) -> None:
    assert wrong(kind, **{option: value}) == []


def test_what_is_needed_is_missed_by_name() -> None:
    names = [problem.option for problem in values.problems("cloudinary", {"cloud_name": "shop"})]
    assert names == ["api_key", "api_secret"]


def test_a_misspelt_option_is_told_how_it_is_spelt() -> None:
    (problem,) = values.problems("s3", {"public_ur": "https://x"})
    assert problem.hint == "Write 'public_url', or leave it out."


def test_a_prefix_is_told_as_it_has_to_be() -> None:
    (problem,) = values.problems("s3", {"location": "/a//b/"})
    assert problem.hint == "Say 'a/b'."


def test_the_projects_settings_are_looked_at_where_the_entry_is_silent(settings: Any) -> None:
    settings.AWS_LOCATION = None
    (problem,) = values.problems("s3", {})
    assert problem.option == "location"
    assert values.problems("s3", {"location": ""}) == []
