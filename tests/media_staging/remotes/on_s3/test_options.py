"""No option of S3Storage is without effect: it is used, sent and signed, or refused in words."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import botocore
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from storages.backends.s3 import S3Storage

from media_staging.errors import Outage
from media_staging.remotes.base import Problem
from media_staging.remotes.s3.options import SENT
from media_staging.remotes.s3.remote import S3Remote
from media_staging.remotes.s3.requests import BotocoreWay, FastWay
from tests.media_staging.remotes.on_s3.recording import Asked, Recording
from tests.media_staging.remotes.samples import body, identity

LARGE = bytes(17_000_000)
# Everything that the fast way does not cover.
BOTOCORE = {"client_config": {"tcp_keepalive": True}}
ON_BOTH_WAYS = pytest.mark.parametrize("way", [{}, BOTOCORE], ids=["fast", "botocore"])


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "config").write_text(
        "[profile shop]\naws_access_key_id = of-the-profile\naws_secret_access_key = s\n"
    )


@pytest.fixture
def server() -> Iterator[Recording]:
    with Recording() as server:
        yield server


def remote_on(server: Recording, **options: Any) -> S3Remote:
    given = {
        "bucket_name": "shop",
        "endpoint_url": server.url,
        "access_key": "AKID",
        "secret_key": "secret",
        "region_name": "eu-south-1",
        **options,
    }
    return S3Remote(**{name: value for name, value in given.items() if value is not LEFT_OUT})


LEFT_OUT = object()


def put(server: Recording, **options: Any) -> Asked:
    """How a small file is sent with these options."""
    remote_on(server, **options).upload(identity(b"x", key="photos/x.bin"), body(b"x"))
    return server.asked[-1]


def problems(**options: Any) -> list[Problem]:
    given = {"bucket_name": "shop", "access_key": "k", "secret_key": "s", **options}
    return list(S3Remote(**given).problems())


def refused(**options: Any) -> str:
    """The one error of these options, which names the option and says what to do."""
    (problem,) = problems(**options)
    assert problem.is_error
    assert problem.hint
    return f"{problem.option} {problem.text}"


# --- Each option -------------------------------------------------------------------------------


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


# --- Parameters of objects ---------------------------------------------------------------------

PARAMETERS: dict[str, tuple[Any, str, str]] = {
    "ACL": ("public-read", "x-amz-acl", "public-read"),
    "BucketKeyEnabled": (True, "x-amz-server-side-encryption-bucket-key-enabled", "true"),
    "CacheControl": ("no-cache", "cache-control", "no-cache"),
    "ContentDisposition": ("inline", "content-disposition", "inline"),
    "ContentLanguage": ("tr", "content-language", "tr"),
    "ExpectedBucketOwner": ("123456789012", "x-amz-expected-bucket-owner", "123456789012"),
    "Expires": (datetime(2030, 1, 1, tzinfo=UTC), "expires", "Tue, 01 Jan 2030 00:00:00 GMT"),
    "GrantFullControl": ('id="1"', "x-amz-grant-full-control", 'id="1"'),
    "GrantRead": ('id="1"', "x-amz-grant-read", 'id="1"'),
    "GrantReadACP": ('id="1"', "x-amz-grant-read-acp", 'id="1"'),
    "GrantWriteACP": ('id="1"', "x-amz-grant-write-acp", 'id="1"'),
    "Metadata": ({"Shop": "north  side"}, "x-amz-meta-shop", "north  side"),
    "ObjectLockLegalHoldStatus": ("ON", "x-amz-object-lock-legal-hold", "ON"),
    "ObjectLockMode": ("GOVERNANCE", "x-amz-object-lock-mode", "GOVERNANCE"),
    "ObjectLockRetainUntilDate": (
        datetime(2030, 1, 1, tzinfo=UTC),
        "x-amz-object-lock-retain-until-date",
        "2030-01-01T00:00:00Z",
    ),
    "SSEKMSEncryptionContext": ("e30=", "x-amz-server-side-encryption-context", "e30="),
    "SSEKMSKeyId": ("key", "x-amz-server-side-encryption-aws-kms-key-id", "key"),
    "ServerSideEncryption": ("aws:kms", "x-amz-server-side-encryption", "aws:kms"),
    "StorageClass": ("STANDARD_IA", "x-amz-storage-class", "STANDARD_IA"),
    "Tagging": ("a=b&c=d", "x-amz-tagging", "a=b&c=d"),
    "WebsiteRedirectLocation": ("/x", "x-amz-website-redirect-location", "/x"),
}
# What every request of an upload needs; the rest is said when it begins.
EVERYWHERE = {"ExpectedBucketOwner"}


def test_every_parameter_that_is_sent_is_tried() -> None:
    assert set(PARAMETERS) == SENT


@ON_BOTH_WAYS
@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_goes_with_each_object_and_is_signed(
    name: str, way: dict[str, Any], server: Recording
) -> None:
    value, header, wanted = PARAMETERS[name]
    asked = put(server, object_parameters={name: value}, **way)
    assert asked.headers[header] == wanted
    assert asked.headers.get_all(header) == [wanted]
    if header.startswith("x-amz-"):
        assert header in asked.headers["Authorization"].split("SignedHeaders=")[1]


@ON_BOTH_WAYS
def test_parameters_of_a_large_file_go_where_s3_takes_them(
    way: dict[str, Any], server: Recording
) -> None:
    given = {name: value for name, (value, _header, _wanted) in PARAMETERS.items()}
    remote = remote_on(server, object_parameters=given, **way)
    remote.upload(identity(LARGE, key="large.bin"), body(LARGE))
    for name, (_value, header, wanted) in PARAMETERS.items():
        assert [each.headers[header] for each in server.of("create")] == [wanted]
        others = {wanted} if name in EVERYWHERE else {None}
        later = server.of("part") + server.of("complete") + server.of("HEAD")
        assert {each.headers[header] for each in later} == others
    assert len(server.of("part")) == 3


def test_the_owner_of_the_bucket_is_said_with_every_request(server: Recording) -> None:
    remote = remote_on(server, object_parameters={"ExpectedBucketOwner": "123456789012"})
    remote.find(identity(b"x"))
    remote.delete("x", {})
    list(remote.objects())
    list(remote.stale_uploads(datetime.now(UTC)))
    remote.check()
    remote.write_prefix_mark(b"mark")
    assert len(server.asked) == 6
    for asked in server.asked:
        assert asked.headers["x-amz-expected-bucket-owner"] == "123456789012", asked


@ON_BOTH_WAYS
def test_what_a_file_notes_of_itself_goes_beside_the_settings_notes(
    way: dict[str, Any], server: Recording
) -> None:
    file = identity(b"x", mark="ours")
    remote = remote_on(server, object_parameters={"Metadata": {"Shop": "north"}}, **way)
    remote.upload(file, body(b"x"))
    headers = server.asked[-1].headers
    notes = {name: headers[f"x-amz-meta-{name}"] for name in ("shop", "sha256", "size", "mark")}
    assert notes == {"shop": "north", "sha256": file.sha256, "size": "1", "mark": "ours"}


@ON_BOTH_WAYS
def test_the_mark_of_a_prefix_is_no_picture(way: dict[str, Any], server: Recording) -> None:
    given = {"CacheControl": "max-age=60", "ServerSideEncryption": "AES256"}
    remote_on(server, object_parameters=given, **way).write_prefix_mark(b"mark")
    headers = server.asked[-1].headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-amz-server-side-encryption"] == "AES256"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"ContentType": "image/png"}, "the type is told from the bytes"),
        ({"ContentEncoding": "gzip"}, "byte for byte"),
        ({"SSECustomerKey": "k"}, "no browser can send the key"),
        ({"RequestPayer": "requester"}, "browsers fetch the pictures"),
        ({"ChecksumAlgorithm": "CRC32"}, "with its SHA-256 anyway"),
        ({"Body": b""}, "none that may be the same for all files"),
        ({"StorageClas": "x"}, "none that may be the same for all files"),
        ({"StorageClass": "DEEP_ARCHIVE"}, "which shows no picture"),
        ({"Metadata": {"SHA256": "x"}}, "which each file notes for itself"),
        ({"Metadata": {"shop": 1}}, "not text in ASCII"),
        ({"ContentDisposition": "inline; filename=ğ"}, "no header can carry"),
        ({"StorageClass": 7}, "Invalid type for parameter StorageClass"),
        ([("ACL", "private")], "is not a dict"),
    ],
    ids=str,
)
def test_a_parameter_that_cannot_be_is_refused(parameters: Any, words: str) -> None:
    assert words in refused(object_parameters=parameters)


def test_what_botocore_cannot_resolve_is_refused() -> None:
    accelerated = {"client_config": {"s3": {"use_accelerate_endpoint": True}}}
    text = refused(bucket_name="my.shop", region_name="eu-west-1", **accelerated)
    assert "Path-style addressing cannot be used with S3 Accelerate" in text


# --- Which way is taken ------------------------------------------------------------------------

FAST: list[dict[str, Any]] = [
    {},
    {"region_name": None},
    {"session_profile": "shop", "access_key": None, "secret_key": None},
    {"signature_version": "s3v4"},
    {"endpoint_url": "https://minio.example", "addressing_style": "virtual"},
    {"object_parameters": {"ServerSideEncryption": "aws:kms"}, "default_acl": "public-read"},
    {"client_config": {"s3": {"use_accelerate_endpoint": True}}},
    {"client_config": {"read_timeout": 5}},
]
SLOW: list[dict[str, Any]] = [
    {"signature_version": "s3"},
    {"signature_version": botocore.UNSIGNED},
    {"bucket_name": "shop--use1-az4--x-s3"},
    {"proxies": {"https": "http://proxy:3128"}},
    {"client_config": {"tcp_keepalive": True}},
    {"client_config": {"client_cert": "/a/file.pem"}},
    {"client_config": {"s3": {"payload_signing_enabled": False}}},
]


@pytest.mark.parametrize(
    ("options", "kind"),
    [(each, FastWay) for each in FAST] + [(each, BotocoreWay) for each in SLOW],
    ids=str,
)
def test_the_fast_way_is_taken_for_what_it_covers(options: dict[str, Any], kind: type) -> None:
    given = {"bucket_name": "shop", "access_key": "k", "secret_key": "s", **options}
    assert type(S3Remote(**given).way) is kind


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HTTPS_PROXY", "http://proxy:3128"), ("BOTOCORE_EXPERIMENTAL__PLUGINS", "a=json")],
)
def test_the_environment_has_a_say_in_it(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr("botocore.session.get_botocore_plugins", lambda: None)
    remote = S3Remote(bucket_name="shop", access_key="k", secret_key="s")
    assert type(remote.way) is BotocoreWay


@pytest.mark.parametrize("size", [1000, 17_000_000])
def test_both_ways_ask_for_the_same(server: Recording, size: int) -> None:
    given = {name: value for name, (value, _header, _wanted) in PARAMETERS.items()}
    file = identity(bytes(size), mark="ours")
    sent = []
    for way in ({}, BOTOCORE):
        remote_on(server, object_parameters=given, **way).upload(file, body(bytes(size)))
        sent.append([shape(each) for each in server.asked if each.method == "PUT"])
        server.asked.clear()
    assert sent[0] == sent[1]


def shape(asked: Asked) -> tuple[Any, ...]:
    """Without what is another one for each request, and what says who sends it."""
    changing = {"authorization", "x-amz-date", "user-agent", "accept-encoding"}
    changing |= {"amz-sdk-invocation-id", "amz-sdk-request"}
    headers = {name.lower(): value for name, value in asked.headers.items()}
    kept = {name: value for name, value in headers.items() if name not in changing}
    return asked.path, asked.query, kept, len(asked.body)


@ON_BOTH_WAYS
def test_a_body_is_streamed_and_its_progress_told(way: dict[str, Any], server: Recording) -> None:
    data = os.urandom(3_000_000)
    sent = body(data)
    remote_on(server, **way).upload(identity(data), sent)
    assert sent.sent == len(data)
    assert server.asked[-1].body == data
    assert "Expect" not in server.asked[-1].headers
    assert server.asked[-1].headers["Content-Length"] == str(len(data))


@ON_BOTH_WAYS
def test_nothing_is_tried_twice(way: dict[str, Any], server: Recording) -> None:
    server.refused = {"PUT"}
    with pytest.raises(Outage):
        remote_on(server, **way).upload(identity(b"x"), body(b"x"))
    assert len(server.asked) == 1


def test_one_client_serves_all_threads(server: Recording) -> None:
    remote = remote_on(server)
    assert remote.client is remote.clients.public
    assert isinstance(remote.clients.session, boto3.Session)
