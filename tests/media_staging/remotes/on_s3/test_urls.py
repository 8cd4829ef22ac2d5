"""How long an address works, who signs it, and that it stays the same meanwhile."""

import base64
import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.credentials import Credentials, RefreshableCredentials
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from dev.servers.seaweedfs import SeaweedFS
from media_staging.errors import Setup
from media_staging.remotes.s3.remote import S3Remote
from tests.conftest import Clock
from tests.media_staging.remotes.samples import body, identity, s3

START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
KEY = "photos/a.jpg"


@pytest.fixture(autouse=True)
def noon(clock: Clock) -> None:
    clock.now = START


def remote_with(**options: Any) -> S3Remote:
    given = {"bucket_name": "shop", "region_name": "eu-south-1", **options}
    return S3Remote(**{"access_key": "k", "secret_key": "s", **given})


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


# --- The keys of a role ------------------------------------------------------------------------


class Role:
    """Gives out keys that end; those of the n-th time are called `key-n`."""

    def __init__(self, clock: Clock, hours: float) -> None:
        self.clock = clock
        self.hours = hours
        self.given = 0
        self.failing: Exception | None = None

    def renew(self) -> dict[str, str]:
        if self.failing:
            raise self.failing
        self.given += 1
        end = self.clock.now + timedelta(hours=self.hours)
        word = str(self.given)
        return {
            "access_key": f"key-{word}",
            "secret_key": f"secret-{word}",
            "token": f"token-{word}",
            "expiry_time": end.isoformat(),
        }

    def held_by(self, remote: S3Remote) -> S3Remote:
        found = RefreshableCredentials.create_from_metadata(self.renew(), self.renew, "test")
        found._time_fetcher = lambda: self.clock.now
        # Any: boto3 has no other place for them.
        inside: Any = remote.clients.session._session
        inside._credentials = found
        return remote


@pytest.fixture
def role(clock: Clock) -> Role:
    return Role(clock, hours=1)


@pytest.fixture
def of_role(role: Role) -> S3Remote:
    return role.held_by(remote_with(access_key=None, secret_key=None, querystring_expire=7200))


def test_an_address_lives_no_longer_than_the_keys_it_is_signed_with(
    of_role: S3Remote, clock: Clock
) -> None:
    assert of_role.url_lifetime == 3600
    clock.forward(minutes=40)
    assert of_role.url_lifetime == 1200
    assert "key-1" in of_role.url(KEY, {})


def test_new_keys_make_a_new_address(of_role: S3Remote, clock: Clock) -> None:
    clock.forward(minutes=31)
    before = of_role.url(KEY, {})
    # Botocore renews in the last quarter of an hour, which is within the same window.
    clock.forward(minutes=15)
    after = of_role.url(KEY, {})
    assert query(before)["X-Amz-Date"] == query(after)["X-Amz-Date"]
    assert ("key-1" in before, "key-2" in after) == (True, True)
    assert query(after)["X-Amz-Security-Token"] == "token-2"
    assert of_role.url_lifetime == 3600


def test_a_role_is_asked_once_for_a_page_full_of_pictures(
    of_role: S3Remote, role: Role, clock: Clock
) -> None:
    """Of so short a life that botocore renews it each time."""
    role.hours = 0.2
    clock.forward(minutes=50)
    for number in range(100):
        of_role.url(f"photos/{number}.jpg", {})
    assert role.given <= 3


def test_keys_of_a_role_that_cannot_be_renewed_make_no_address(
    of_role: S3Remote, role: Role, clock: Clock
) -> None:
    role.failing = RuntimeError("nobody there")
    clock.forward(minutes=55)
    for ask in (lambda: of_role.url(KEY, {}), lambda: of_role.url_lifetime):
        with pytest.raises(Setup, match="nobody there"):
            ask()
    role.failing = None
    assert "key-2" in of_role.url(KEY, {})


def test_new_keys_that_have_ended_make_no_address(
    of_role: S3Remote, role: Role, clock: Clock
) -> None:
    role.hours = -1
    clock.forward(minutes=55)
    with pytest.raises(Setup, match="still expired"):
        of_role.url(KEY, {})


def test_without_keys_there_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    remote = remote_with(access_key=None, secret_key=None)
    with pytest.raises(Setup, match="Unable to locate credentials"):
        remote.url(KEY, {})
    with pytest.raises(Setup):
        _ = remote.url_lifetime
    assert remote.origins == ["https://shop.s3.eu-south-1.amazonaws.com"]


def test_keys_that_are_there_later_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    remote = remote_with(access_key=None, secret_key=None)
    with pytest.raises(Setup):
        remote.url(KEY, {})
    inside: Any = remote.clients.session._session
    inside._credentials = Credentials("later", "s")
    assert "later" in remote.url(KEY, {})


# --- CloudFront --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cloudfront_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def on_cloudfront(cloudfront_key: rsa.RSAPrivateKey) -> Iterator[S3Remote]:
    pem = cloudfront_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    yield remote_with(
        custom_domain="d1.cloudfront.net",
        cloudfront_key_id="K1",
        cloudfront_key=pem.decode(),
        querystring_expire=4000,
        location="ours",
    )


def test_cloudfronts_addresses_end_and_stay_the_same_for_a_window(
    on_cloudfront: S3Remote, clock: Clock
) -> None:
    first = on_cloudfront.url(KEY, {})
    end = int(query(first)["Expires"])
    assert on_cloudfront.url_lifetime == end - clock.now.timestamp()
    assert 3000 <= on_cloudfront.url_lifetime <= 4000
    seen = set()
    for _ in range(8):
        clock.forward(seconds=500)
        seen.add(on_cloudfront.url(KEY, {}))
        assert on_cloudfront.url_lifetime >= 3000
    assert len(seen) == 5 - (first not in seen)
    assert on_cloudfront.origins == ["https://d1.cloudfront.net"]


def test_cloudfront_can_check_the_signature(
    on_cloudfront: S3Remote, cloudfront_key: rsa.RSAPrivateKey
) -> None:
    address = on_cloudfront.url("photos/a b.jpg", {})
    resource = address.partition("?")[0]
    assert resource == "https://d1.cloudfront.net/ours/photos/a%20b.jpg"
    moment = int(query(address)["Expires"])
    condition = {"DateLessThan": {"AWS:EpochTime": moment}}
    policy = {"Statement": [{"Resource": resource, "Condition": condition}]}
    text = query(address)["Signature"].translate(str.maketrans("-_~", "+=/"))
    cloudfront_key.public_key().verify(
        base64.b64decode(text),
        json.dumps(policy, separators=(",", ":")).encode(),
        padding.PKCS1v15(),
        hashes.SHA1(),  # noqa: S303 (it is what CloudFront takes)
    )
    assert query(address)["Key-Pair-Id"] == "K1"


def test_a_domain_without_a_signature_is_for_ever() -> None:
    remote = remote_with(custom_domain="cdn.example", location="ours")
    assert remote.url("a b.jpg", {}) == "https://cdn.example/ours/a%20b.jpg"
    assert remote.download_url("a.jpg", {}, "x.jpg") == "https://cdn.example/ours/a.jpg"
    assert remote.url_lifetime is None


# --- Signatures of botocore's ------------------------------------------------------------------


def test_addresses_of_version_2_are_kept_and_end_together(clock: Clock) -> None:
    first, second = remote_with(signature_version="s3"), remote_with(signature_version="s3")
    # What takes long, so that the clock that botocore looks at is ours from here on.
    _ = first.origins, second.origins
    clock.now = datetime.now(UTC)
    address = first.url(KEY, {})
    assert address.startswith("https://shop.s3.eu-south-1.amazonaws.com/photos/a.jpg?")
    assert {"AWSAccessKeyId", "Signature", "Expires"} == set(query(address))
    assert first.url_lifetime is not None
    end = clock.now.timestamp() + first.url_lifetime
    assert 0 <= int(query(address)["Expires"]) - end <= 1
    clock.now = datetime.now(UTC)
    assert abs(int(query(second.url(KEY, {}))["Expires"]) - end) <= 1
    assert first.url(KEY, {}) == address


@pytest.mark.parametrize("options", [{}, {"signature_version": "s3"}], ids=["4", "2"])
def test_the_server_takes_what_is_signed(
    s3_server: SeaweedFS, clock: Clock, options: dict[str, Any]
) -> None:
    clock.now = datetime.now(UTC)
    # Another name of the same server, as browsers may know it.
    public = s3_server.endpoint_url.replace("127.0.0.1", "localhost")
    for more in ({}, {"public_endpoint_url": public}):
        remote = s3(s3_server, **options, **more)
        file = identity(b"bytes", key="photos/a b.bin")
        remote.upload(file, body(b"bytes"))
        address = remote.url(file.key, {})
        with urllib.request.urlopen(address) as answer:
            assert answer.read() == b"bytes"
        assert urlsplit(address).hostname == ("localhost" if more else "127.0.0.1")
        assert remote.client.meta.endpoint_url == s3_server.endpoint_url


def test_who_downloads_gets_the_name_of_the_file(s3_server: SeaweedFS, clock: Clock) -> None:
    clock.now = datetime.now(UTC)
    remote, file = s3(s3_server), identity(b"bytes")
    remote.upload(file, body(b"bytes"))
    address = remote.download_url(file.key, {}, "my photo.jpg")
    with urllib.request.urlopen(address) as answer:
        assert "my photo.jpg" in answer.headers["Content-Disposition"]


def test_what_the_settings_want_with_objects_is_stored(s3_server: SeaweedFS, clock: Clock) -> None:
    clock.now = datetime.now(UTC)
    given = {
        "CacheControl": "max-age=60",
        "ContentDisposition": "inline",
        "Metadata": {"Shop": "north  side"},
        "Tagging": "kind=photo&of=shop",
    }
    for way in ({}, {"client_config": {"tcp_keepalive": True}}):
        for size in (10, 17_000_000):
            remote = s3(s3_server, object_parameters=given, **way)
            file = identity(bytes(size), key=f"options/{size}-{len(way)}.bin")
            remote.upload(file, body(bytes(size)))
            target = {"Bucket": remote.bucket, "Key": file.key}
            found = remote.client.head_object(**target)
            assert found["CacheControl"] == "max-age=60"
            assert found["ContentDisposition"] == "inline"
            assert found["Metadata"]["shop"] == "north  side"
            tags = remote.client.get_object_tagging(**target)["TagSet"]
            assert {each["Key"]: each["Value"] for each in tags} == {"kind": "photo", "of": "shop"}
