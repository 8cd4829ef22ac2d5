"""No option of S3Storage is without effect: it is used, sent and signed, or refused in words."""

from collections.abc import Callable
from typing import Any

import botocore
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from storages.backends.s3 import S3Storage

from tests.media_staging.remotes.on_s3.recording import (
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
    assert "'s3v5' is not known" in refused(signature_version="s3v5")


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
    own = {"default_acl": "public-read", "object_parameters": {"ACL": "private"}}
    assert put(server, **own).headers["x-amz-acl"] == "private"


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


def test_what_the_projects_settings_say_of_other_storages_is_a_warning(settings: Any) -> None:
    settings.AWS_S3_FILE_OVERWRITE = False
    (problem,) = problems()
    assert not problem.is_error
    assert "AWS_S3_FILE_OVERWRITE" in problem.text
    assert problems(file_overwrite=True) == []
