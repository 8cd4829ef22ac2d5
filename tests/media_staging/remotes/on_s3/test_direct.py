"""The connections that uploads to S3 take: kept, replaced, encrypted, led through a proxy."""

import os
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme

from dev.ports import LOOPBACK
from dev.proxies.http import FaultProxy
from dev.proxies.tcp import DelayProxy
from dev.servers.http_server import Answer, QuietHandler, QuietServer
from dev.servers.seaweedfs import SeaweedFS
from media_staging.errors import Outage, Setup
from media_staging.remotes.s3.remote import S3Remote
from tests.media_staging.remotes.samples import body, identity, s3, stored


def send(remote: S3Remote, size: int = 1000) -> None:
    data = os.urandom(size)
    file = identity(data)
    remote.upload(file, body(data))
    assert stored(remote, file.key) == data


@pytest.fixture
def line(s3_server: SeaweedFS) -> Iterator[DelayProxy]:
    with DelayProxy(LOOPBACK, s3_server.port) as line:
        yield line


@pytest.fixture
def remote(s3_server: SeaweedFS, line: DelayProxy) -> S3Remote:
    return s3(s3_server, endpoint_url=f"http://{line.address}")


def put(remote: S3Remote) -> None:
    data = os.urandom(1000)
    remote.upload(identity(data), body(data))


def test_one_thread_keeps_its_connection(remote: S3Remote, line: DelayProxy) -> None:
    for _ in range(5):
        put(remote)
    assert line.traffic().accepted == 1


def test_threads_do_not_share_one_and_leave_theirs_to_those_that_follow(
    remote: S3Remote, line: DelayProxy
) -> None:
    at_once = threading.Barrier(4)

    def put_together(_number: int) -> None:
        at_once.wait()
        put(remote)

    for _ in range(3):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(put_together, range(4)))
    assert line.traffic().accepted <= 4


def test_a_connection_that_was_closed_meanwhile_is_replaced(
    remote: S3Remote, line: DelayProxy
) -> None:
    put(remote)
    line.refuse()
    line.pass_through()
    put(remote)
    assert line.traffic().accepted == 2


def test_a_connection_is_not_used_again_after_an_upload_that_failed_on_it(
    remote: S3Remote, line: DelayProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media_staging.remotes.s3.requests.clients.CONNECT_TIMEOUT_SECONDS", 600)
    monkeypatch.setattr("media_staging.remotes.s3.requests.clients.READ_TIMEOUT_SECONDS", 0.3)
    line.black_hole()
    with pytest.raises(Outage, match="did not answer"):
        put(remote)
    line.pass_through()
    put(remote)


class TurnsAway(QuietHandler):
    """Answers as soon as it has read the head of a request, and hangs up."""

    def do_PUT(self) -> None:
        error = b"<Error><Code>AccessDenied</Code><Message>not you</Message></Error>"
        self.answer(Answer(403, error))
        self.close_connection = True


def test_a_refusal_before_the_whole_body_was_sent_is_understood(s3_server: SeaweedFS) -> None:
    data = os.urandom(12_000_000)
    with QuietServer(TurnsAway) as server:
        remote = s3(s3_server, endpoint_url=f"http://{server.address}")
        with pytest.raises(Setup, match="AccessDenied: not you"):
            remote.upload(identity(data), body(data))


# --- HTTPS -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def authority_file(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    return str(tmp_path / "authority.pem")


@pytest.fixture
def secure(s3_server: SeaweedFS, authority: trustme.CA) -> Iterator[str]:
    """The address of the server over HTTPS, with a certificate that nobody knows."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK).configure_cert(tls)
    with FaultProxy(LOOPBACK, s3_server.port, tls) as proxy:
        yield f"https://{proxy.address}"


@pytest.mark.parametrize("size", [1000, 3_000_000, 20_000_000])
def test_a_certificate_of_a_known_authority_is_accepted(
    s3_server: SeaweedFS, secure: str, authority_file: str, size: int
) -> None:
    send(s3(s3_server, endpoint_url=secure, verify=authority_file), size)


def test_the_authority_may_come_from_the_environment_as_everywhere_in_boto3(
    s3_server: SeaweedFS, secure: str, authority_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", authority_file)
    send(s3(s3_server, endpoint_url=secure))


def test_a_certificate_of_nobody_known_is_a_setup_error(s3_server: SeaweedFS, secure: str) -> None:
    with pytest.raises(Setup, match="certificate verify failed"):
        put(s3(s3_server, endpoint_url=secure))


def test_who_wants_no_certificates_checked_has_none_checked(
    s3_server: SeaweedFS, secure: str
) -> None:
    put(s3(s3_server, endpoint_url=secure, verify=False))


def test_a_file_of_authorities_that_is_missing_is_a_setup_error(
    s3_server: SeaweedFS, secure: str, tmp_path: Path
) -> None:
    missing = str(tmp_path / "missing.pem")
    with pytest.raises(Setup, match=r"missing\.pem"):
        put(s3(s3_server, endpoint_url=secure, verify=missing))


# --- Proxies -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1000, 3_000_000, 20_000_000])
def test_a_proxy_is_asked_when_there_is_one(s3_server: SeaweedFS, size: int) -> None:
    with FaultProxy(LOOPBACK, s3_server.port) as proxy:
        remote = s3(
            s3_server,
            endpoint_url="http://storage.invalid",
            addressing_style="path",
            proxies={"http": f"http://{proxy.address}"},
        )
        send(remote, size)
