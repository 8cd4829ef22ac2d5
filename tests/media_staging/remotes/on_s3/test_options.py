"""No option of S3Storage is without effect: it is used, sent and signed, or refused in words."""

from collections.abc import Callable
from typing import Any

import botocore
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from storages.backends.s3 import S3Storage

from media_staging.errors import Setup
from media_staging.remotes import values
from media_staging.remotes.s3.remote import S3Remote
from tests.media_staging.remotes.on_s3.recording import (
    BOTOCORE,
    LEFT_OUT,
    Recording,
    problems,
    put,
    refused,
    remote_on,
)

pytestmark = pytest.mark.usefixtures("nothing_of_this_machine")


def access_key(server: Recording) -> None:
    assert "Credential=other/" in put(server, access_key="other").headers["Authorization"]


def secret_key(server: Recording) -> None:
    assert refused(secret_key=None) == "secret_key is missing beside access_key"
    assert refused(access_key="") == "access_key is missing beside secret_key"
    assert problems(access_key="", secret_key="") == []
    first = put(server, secret_key="one").headers["Authorization"]
    assert put(server, secret_key="two").headers["Authorization"] != first


def security_token(server: Recording) -> None:
    asked = put(server, security_token="token")
    assert asked.headers["x-amz-security-token"] == "token"
    assert "x-amz-security-token" in asked.headers["Authorization"]


def session_profile(server: Recording) -> None:
    keys = {"access_key": LEFT_OUT, "secret_key": LEFT_OUT}
    asked = put(server, session_profile="shop", **keys)
    assert "Credential=of-the-profile/" in asked.headers["Authorization"]


def bucket_name(server: Recording) -> None:
    for wrong in ("shop/prefix", "Shop!", "https://shop.s3.amazonaws.com"):
        assert (
            refused(bucket_name=wrong) == f"bucket_name is {wrong!r}, which no bucket can be called"
        )
    assert put(server, bucket_name="other").path == "/other/photos/x.bin"
    assert "is missing" in refused(bucket_name=None)


def location(server: Recording) -> None:
    assert put(server, location="ours").path == "/shop/ours/photos/x.bin"


def region_name(server: Recording) -> None:
    assert "/af-south-1/s3/" in put(server, region_name="af-south-1").headers["Authorization"]


def endpoint_url(server: Recording) -> None:
    assert put(server).headers["Host"] == server.address


def addressing_style(server: Recording) -> None:
    remote = remote_on(server, endpoint_url="http://minio", addressing_style="virtual")
    assert remote.url("x", {}).startswith("http://shop.minio/x?")


def signature_version(server: Recording) -> None:
    assert put(server, signature_version="s3").headers["Authorization"].startswith("AWS AKID:")
    assert "Authorization" not in put(server, signature_version=botocore.UNSIGNED).headers
    assert "is 's3v5', which is not known" in refused(signature_version="s3v5")


def use_ssl(server: Recording) -> None:
    remote = remote_on(server, endpoint_url=LEFT_OUT, use_ssl=False)
    assert remote.url("x", {}).startswith("http://shop.s3.eu-south-1.amazonaws.com/x?")
    assert "no effect" in refused(use_ssl=False, endpoint_url="https://minio")


def verify(server: Recording) -> None:
    """Handed to the connections: test_direct.py has real certificates."""
    assert remote_on(server, verify="/a/file.pem").clients.verify == "/a/file.pem"
    assert remote_on(server, verify=False).clients.verify is False


def proxies(server: Recording) -> None:
    proxied = {"endpoint_url": "http://storage.invalid", "proxies": {"http": server.url}}
    assert put(server, **proxied).headers["Host"] == "storage.invalid"
    assert "is not a dict" in refused(proxies="http://proxy:3128")


def client_config(server: Recording) -> None:
    for config in (Config(user_agent="shop/1"), {"user_agent": "shop/1"}):
        assert "shop/1" in put(server, client_config=config).headers["User-Agent"]
    remote = remote_on(server, client_config={"connect_timeout": 1, "read_timeout": 2})
    assert (remote.clients.config.connect_timeout, remote.clients.config.read_timeout) == (1, 2)
    assert "has retries" in refused(client_config=Config(retries={"max_attempts": 3}))
    for name, value in (
        ("addressing_style", "path"),
        ("signature_version", "s3v4"),
        ("proxies", {"http": "http://proxy"}),
    ):
        beside = {name: value, "client_config": Config()}
        assert refused(**beside) == f"{name} has no effect beside client_config"


def default_acl(server: Recording) -> None:
    asked = put(server, default_acl="public-read")
    assert asked.headers["x-amz-acl"] == "public-read"
    assert "x-amz-acl" in asked.headers["Authorization"]
    for other in ("ACL", "GrantRead"):
        both = {"default_acl": "public-read", "object_parameters": {other: "private"}}
        assert f"contradicts {other}" in refused(**both)
    assert "'nonsense', which is none of S3's" in refused(default_acl="nonsense")


def object_parameters(server: Recording) -> None:
    assert put(server, object_parameters={"Tagging": "a=b"}).headers["x-amz-tagging"] == "a=b"


def querystring_auth(server: Recording) -> None:
    address = f"{server.url}/shop/x"
    assert remote_on(server, querystring_auth=False).url("x", {}) == address


def querystring_expire(server: Recording) -> None:
    assert "X-Amz-Expires=600" in remote_on(server, querystring_expire=600).url("x", {})
    assert "longer than S3 takes" in refused(querystring_expire=604_801)
    assert "no whole number" in refused(querystring_expire=0)
    assert "no effect" in refused(querystring_expire=60, public_url="https://cdn.example")


def custom_domain(server: Recording) -> None:
    remote = remote_on(server, custom_domain="cdn.example")
    assert remote.url("a b.jpg", {}) == "https://cdn.example/a%20b.jpg"
    assert "is not a host name" in refused(custom_domain="https://cdn.example")
    assert "no effect" in refused(custom_domain="cdn.example", public_url="https://cdn.example")


def url_protocol(server: Recording) -> None:
    remote = remote_on(server, custom_domain="cdn.example", url_protocol="http:")
    assert remote.url("x", {}) == "http://cdn.example/x"
    assert "is neither" in refused(custom_domain="cdn.example", url_protocol="http")
    assert "no effect" in refused(url_protocol="http:")


def cloudfront(server: Recording) -> None:
    """Its addresses are in test_urls.py."""
    signed = {"cloudfront_signer": object()}
    assert "no effect" in refused(**signed)
    assert "no effect" in refused(**signed, custom_domain="cdn.example", querystring_auth=False)


def nothing_but(neutral: Any, other: Any, name: str) -> Callable[[Recording], None]:
    def is_refused(_server: Recording) -> None:
        assert problems(**{name: neutral}) == []
        assert refused(**{name: other}).startswith(f"{name} has no effect here: ")

    return is_refused


OPTIONS: dict[str, Callable[[Recording], None]] = {
    "access_key": access_key,
    "secret_key": secret_key,
    "security_token": security_token,
    "session_profile": session_profile,
    "bucket_name": bucket_name,
    "location": location,
    "region_name": region_name,
    "endpoint_url": endpoint_url,
    "addressing_style": addressing_style,
    "signature_version": signature_version,
    "use_ssl": use_ssl,
    "verify": verify,
    "proxies": proxies,
    "client_config": client_config,
    "default_acl": default_acl,
    "object_parameters": object_parameters,
    "querystring_auth": querystring_auth,
    "querystring_expire": querystring_expire,
    "custom_domain": custom_domain,
    "url_protocol": url_protocol,
    "cloudfront_key_id": cloudfront,
    "cloudfront_key": cloudfront,
    "file_overwrite": nothing_but(True, False, "file_overwrite"),
    "gzip": nothing_but(False, True, "gzip"),
    "gzip_content_types": nothing_but(None, ("image/jpeg",), "gzip_content_types"),
    "file_name_charset": nothing_but("utf-8", "latin-1", "file_name_charset"),
    "max_memory_size": nothing_but(0, 1024, "max_memory_size"),
    "use_threads": nothing_but(True, False, "use_threads"),
    "transfer_config": nothing_but(None, TransferConfig(), "transfer_config"),
}


def test_every_option_of_the_installed_storage_is_known() -> None:
    assert set(S3Storage().get_default_settings()) == set(OPTIONS)


@pytest.mark.filterwarnings("ignore:The AWS_S3_USE_THREADS:DeprecationWarning")
@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_is_used_or_refused(name: str, server: Recording) -> None:
    OPTIONS[name](server)


FOR_OTHERS = {
    "AWS_S3_FILE_OVERWRITE": ("file_overwrite", False, True),
    "AWS_IS_GZIPPED": ("gzip", True, False),
    "GZIP_CONTENT_TYPES": ("gzip_content_types", ("text/css",), None),
    "AWS_S3_FILE_NAME_CHARSET": ("file_name_charset", "latin-1", "utf-8"),
    "AWS_S3_MAX_MEMORY_SIZE": ("max_memory_size", 1024, 0),
    "AWS_S3_USE_THREADS": ("use_threads", False, True),
    "AWS_S3_TRANSFER_CONFIG": ("transfer_config", TransferConfig(), None),
    "AWS_S3_OBJECT_PARAMETERS": ("object_parameters", {"ContentType": "image/png"}, {}),
    "AWS_S3_CLIENT_CONFIG": ("client_config", Config(retries={"max_attempts": 3}), None),
}


@pytest.mark.filterwarnings("ignore:The AWS_S3_USE_THREADS:DeprecationWarning")
@pytest.mark.parametrize("setting", FOR_OTHERS)
def test_what_the_projects_settings_say_of_other_storages_is_a_warning(
    setting: str, settings: Any
) -> None:
    option, value, neutral = FOR_OTHERS[setting]
    setattr(settings, setting, value)
    (problem,) = problems()
    assert (problem.option, problem.is_error) == (option, False)
    assert problems(**{option: neutral}) == []


def test_what_other_storages_want_with_their_objects_is_not_sent(
    server: Recording, settings: Any
) -> None:
    settings.AWS_S3_OBJECT_PARAMETERS = {"ContentEncoding": "gzip", "Tagging": "a=b"}
    for way in ({}, BOTOCORE):
        headers = put(server, **way).headers
        assert (headers["content-encoding"], headers["x-amz-tagging"]) == (None, "a=b")


def test_every_setting_says_its_option(settings: Any) -> None:
    """The first of two counts; all options that have settings are known to say so."""
    for name, option in values.OPTIONS["s3"].items():
        for setting in reversed(option.settings):
            value = f"of {setting}"
            setattr(settings, setting, value)
            assert S3Storage.get_default_settings(S3Storage)[name] == value
            assert values.setting_of("s3", name) == setting
    with_settings = {name for name, option in values.OPTIONS["s3"].items() if option.settings}
    assert with_settings == set(OPTIONS)


ENDPOINTS = ["minio:9000", "https://", "https://x..y/"]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoint_from_the_environment_is_looked_at_too(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
    text = refused(region_name="eu-south-1")
    assert f"Invalid endpoint: {endpoint}" in text
    assert "AWS_ENDPOINT_URL_S3" in text
    remote = S3Remote(bucket_name="shop", access_key="k", secret_key="s")
    with pytest.raises(Setup, match="correct the endpoint"):
        remote.prepare()


def test_the_server_that_browsers_know_is_asked_for_as_well() -> None:
    assert "Invalid endpoint: https://x..y" in refused(public_endpoint_url="https://x..y")


def test_a_region_that_is_none_is_refused() -> None:
    assert "region_name is none" in refused(region_name="eu_south_1")


def test_a_profile_that_another_process_may_have_is_a_warning() -> None:
    given = {"access_key": None, "secret_key": None, "session_profile": "nobody"}
    (problem,) = problems(**given)
    assert (problem.option, problem.is_error) == ("session_profile", False)


def test_words_that_another_server_may_know_are_a_warning() -> None:
    given = {"endpoint_url": "https://ceph.example", "object_parameters": {"StorageClass": "COLD"}}
    (problem,) = problems(**given)
    assert not problem.is_error
    assert "'COLD', which is none of S3's" in problem.text
