"""Whose fault an answer of S3 is: each row of the table, and answers that need a second look."""

import gzip
import os
from codecs import BOM_UTF8
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from dev.proxies.http import Behaviour, FaultProxy, Forward, Request
from dev.proxies.s3_answers import METHODS, gateway, no_list_bucket, only, redirect, s3_error
from dev.servers.http_server import Answer, QuietHandler, QuietServer
from media_staging.errors import Busy, Hidden, Outage, Refused, Setup, TransferError, Unclear
from media_staging.remotes.s3.errors import ROWS, Row, row_of, translated
from media_staging.remotes.s3.remote import MULTIPART_FROM_BYTES, S3Remote
from media_staging.remotes.s3.requests.ways import client_error
from tests.media_staging.remotes.samples import body, identity, stored

# What is known of answers, by status and code; the table has to say the same.
KNOWN: dict[type[TransferError], list[tuple[int, str]]] = {
    Refused: [(400, "EntityTooLarge"), (403, "InvalidObjectState")],
    Setup: [
        *((400, code) for code in ("ExpiredToken", "InvalidToken", "TokenRefreshRequired")),
        *((400, code) for code in ("AuthorizationHeaderMalformed", "EndpointNotFound")),
        *((400, code) for code in ("IllegalLocationConstraintException", "InvalidBucketName")),
        *((400, code) for code in ("InvalidLocationConstraint", "InvalidRequest", "InvalidTag")),
        *((400, code) for code in ("InvalidStorageClass", "AccessControlListNotSupported")),
        *((400, code) for code in ("KMS.NotFoundException", "KMS.DisabledException")),
        *((400, code) for code in ("KMS.KMSInvalidStateException", "XMinioKMSNotConfigured")),
        *((400, code) for code in ("XMinioAdminBucketQuotaExceeded", "MetadataTooLarge")),
        *((400, code) for code in ("KeyTooLongError", "MissingSecurityHeader", "InvalidTokenId")),
        *((403, code) for code in ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")),
        *((403, code) for code in ("RequestTimeTooSkewed", "QuotaExceeded", "UserSuspended")),
        *((403, code) for code in ("AccountProblem", "AllAccessDisabled", "NotSignedUp")),
        *((403, code) for code in ("SomethingNew", "")),
        *((404, code) for code in ("NoSuchBucket", "")),
        *((403, code) for code in ("transaction_cap_exceeded", "cap_exceeded")),
        (409, "InvalidBucketState"),
        *((411, code) for code in ("MissingContentLength",)),
        *((501, code) for code in ("NotImplemented", "")),
        *((507, code) for code in ("XMinioStorageFull", "InsufficientStorage", "")),
        *((301, code) for code in ("PermanentRedirect", "")),
        *((307, code) for code in ("TemporaryRedirect", "")),
        *((status, "") for status in (302, 303, 308, 401, 402, 407, 505)),
    ],
    Outage: [
        *((400, code) for code in ("IncompleteBody", "XMinioBackendDown")),
        *((400, code) for code in ("KMS.KMSInternalException",)),
        *((404, code) for code in ("NoSuchUpload",)),
        *((409, code) for code in ("OperationAborted", "ConditionalRequestConflict", "")),
        *((499, code) for code in ("ClientDisconnected", "")),
        *((500, code) for code in ("InternalError", "SomethingNew", "")),
        (503, "XMinioBackendDown"),
        *((status, "") for status in (502, 504, 520)),
    ],
    Busy: [
        *((400, code) for code in ("RequestTimeout", "ThrottlingException", "ServiceUnavailable")),
        *((400, code) for code in ("RequestLimitExceeded", "KMS.ThrottlingException")),
        *((503, code) for code in ("SlowDown", "SlowDownWrite", "ServiceUnavailable", "")),
        *((status, "") for status in (408, 420, 425, 429)),
    ],
    Unclear: [
        *((400, code) for code in ("BadDigest", "InvalidDigest", "InvalidPart")),
        *((400, code) for code in ("XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch")),
        (404, "NoSuchKey"),
        (409, "SomethingNew"),
        *((400, code) for code in ("InvalidArgument", "MalformedXML", "SomethingNew", "")),
        *((405, code) for code in ("MethodNotAllowed", "")),
        *((412, code) for code in ("PreconditionFailed", "")),
        *((status, "") for status in (406, 410, 411, 413, 414, 415, 416, 421, 423, 431, 451)),
        *((status, "") for status in (204, 300, 304)),
    ],
}
ANSWERS = [(kind, *answer) for kind, answers in KNOWN.items() for answer in answers]


@pytest.mark.parametrize(("kind", "status", "code"), ANSWERS)
def test_an_answer_is_of_its_kind(kind: type[TransferError], status: int, code: str) -> None:
    assert row_of(status, code).kind is kind


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.status} {row.code}")
def test_a_row_is_reached_and_a_setup_error_says_what_to_change(row: Row) -> None:
    code = row.code.replace("*", "")
    assert fnmatchcase(code, row.code)
    assert row_of(row.status, code) == row
    assert row.change or row.kind is not Setup
    assert not row.change or row.kind in (Setup, Unclear)
    if not row.code:
        assert type(told_by(gateway(row.status))) is row.kind
        return
    told = told_by(s3_error(row.status or 400, code or "Else", "S3's own words."))
    assert type(told) is row.kind
    assert str(told).startswith(f"{code or 'Else'}: S3's own words")
    assert row.change in str(told)
    # A sentence of ours goes on after it.
    assert ".;" not in str(told)
    assert not str(told).endswith(".")


def told_by(behaviour: Behaviour) -> TransferError:
    """What an answer that a behaviour makes is translated to."""

    class AsSent:
        def __init__(self, answer: Answer) -> None:
            self.status_code, self.headers = answer.status, answer.headers
            self.content = answer.body

    answer = behaviour(None, None)  # type: ignore[arg-type]
    assert answer
    return translated(client_error(AsSent(answer)))  # type: ignore[arg-type]


def calls(remote: S3Remote) -> dict[str, Callable[[], object]]:
    data = b"x" * 1000
    return {
        "upload": lambda: remote.upload(identity(data), body(data)),
        "find": lambda: remote.find(identity(data)),
        "delete": lambda: remote.delete("photos/x.jpg", {}),
        "list": lambda: list(remote.objects()),
        "read": lambda: list(remote.read("photos/x.jpg")),
        "mark": lambda: remote.mark_of("photos/x.jpg"),
        "prefix": remote.read_prefix_mark,
        "abort": lambda: remote.abort_uploads("photos/x.jpg"),
        "check": remote.check,
    }


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (s3_error(400, "ExpiredToken"), Setup, "renew the session token"),
        (s3_error(400, "InvalidToken"), Setup, "renew the session token"),
        (
            s3_error(400, "AuthorizationHeaderMalformed", Region="eu-south-1"),
            Setup,
            "set S3_REGION (region_name) to eu-south-1",
        ),
        (s3_error(400, "RequestTimeout"), Busy, "RequestTimeout"),
        (s3_error(403, "SignatureDoesNotMatch"), Setup, "access key"),
        (gateway(403), Setup, "403"),
        *((gateway(status), Unclear, str(status)) for status in (400, 405, 413, 415, 416)),
    ],
)
def test_no_call_takes_a_bare_answer_to_a_head_for_more_than_it_says(
    remote: S3Remote, proxy: FaultProxy, behaviour: Behaviour, kind: type[Exception], words: str
) -> None:
    for call in calls(remote).values():
        proxy.strike(behaviour, *METHODS)
        with pytest.raises(kind) as raised:
            call()
        assert type(raised.value) is kind
        assert words in str(raised.value)


class Elsewhere(QuietHandler):
    """Nobody may be led here: it would be handed our signature."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.body()
        self.answer(Answer(200))

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_call_follows_a_redirect(
    remote: S3Remote, proxy: FaultProxy, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Elsewhere, "asked", 0)
    with QuietServer(Elsewhere) as elsewhere:
        location = f"http://{elsewhere.address}/bucket"
        behaviour = redirect(status, location)
        proxy.strike(behaviour, *METHODS)
        for name, call in calls(remote).items():
            before = proxy.strikes[behaviour]
            with pytest.raises(Setup, match=location):
                call()
            # A HEAD of the bucket is followed by a listing, for its words.
            assert proxy.strikes[behaviour] - before == (2 if name == "check" else 1)
    assert Elsewhere.asked == 0


@pytest.mark.parametrize(
    "behaviour",
    [
        s3_error(301, "PermanentRedirect", Endpoint="bucket.s3.eu-south-1.amazonaws.com"),
        gateway(301, x_amz_bucket_region="eu-south-1"),
        s3_error(307, "TemporaryRedirect", Region="eu-south-1"),
        s3_error(400, "IllegalLocationConstraintException", "The eu-south-1 location …"),
    ],
)
def test_amazons_own_redirects_name_the_region(
    remote: S3Remote, proxy: FaultProxy, behaviour: Behaviour
) -> None:
    proxy.strike(behaviour, *METHODS)
    for call in calls(remote).values():
        before = proxy.strikes[behaviour]
        with pytest.raises(Setup, match="eu-south-1"):
            call()
        # A HEAD, once more without a question for checksums, and a GET for the words.
        assert proxy.strikes[behaviour] - before <= 3


def test_a_region_that_is_named_by_the_way_is_no_reason(
    remote: S3Remote, proxy: FaultProxy
) -> None:
    """Amazon's answers to who may not see a bucket name its region."""
    denied = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    answer = Answer(403, denied, {"x-amz-bucket-region": "eu-south-1"})
    proxy.strike(lambda _request, _forward: answer, *METHODS)
    for call in calls(remote).values():
        with pytest.raises((Setup, Hidden), match="s3:ListBucket") as raised:
            call()
        assert "eu-south-1" not in str(raised.value)


# --- What is told in an odd way ------------------------------------------------------------------

SAID = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>m</Message></Error>'
PACKED = {"Content-Encoding": "gzip"}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, gzip.compress(SAID % b"ExpiredToken"), PACKED),
        Answer(400, b" \r\n \n" + SAID % b"ExpiredToken"),
        Answer(400, BOM_UTF8 + SAID % b"ExpiredToken"),
    ],
    ids=["gzip", "blanks", "BOM"],
)
def test_an_error_is_read_whatever_is_around_it(
    remote: S3Remote, proxy: FaultProxy, answer: Answer
) -> None:
    large = bytes(MULTIPART_FROM_BYTES)
    proxy.strike(lambda _request, _forward: answer, *METHODS)
    for call in (*calls(remote).values(), lambda: remote.upload(identity(large), body(large))):
        with pytest.raises(Setup, match="renew the session token"):
            call()


@pytest.mark.parametrize(
    ("code", "kind"), [(b"AccessDenied", Setup), (b"SlowDown", Busy), (b"InternalError", Outage)]
)
@pytest.mark.parametrize("before", [b"", b"  \n  "], ids=["at once", "after blanks"])
def test_a_success_that_turns_out_to_be_an_error_is_that_error(
    remote: S3Remote, proxy: FaultProxy, code: bytes, kind: type[Exception], before: bytes
) -> None:
    """So S3 answers when it cannot put the parts together.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
    """
    large = bytes(MULTIPART_FROM_BYTES)
    answer = Answer(200, before + SAID % code)

    def complete(request: Request, forward: Forward) -> Answer:
        return answer if "uploadId=" in request.path else forward(request)

    proxy.strike(complete, "POST")
    with pytest.raises(kind) as raised:
        remote.upload(identity(large), body(large))
    assert type(raised.value) is kind


def test_a_success_after_blanks_or_compressed_is_one(remote: S3Remote, proxy: FaultProxy) -> None:
    def packed(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        return replace(
            answer,
            body=gzip.compress(b" \n" + answer.body),
            headers={**answer.headers, **PACKED},
        )

    large = os.urandom(MULTIPART_FROM_BYTES)
    file = identity(large)
    proxy.strike(packed, "POST")
    remote.upload(file, body(large))
    assert stored(remote, file.key) == large


def test_parts_that_the_server_does_not_know_again_are_told_with_their_cause(
    remote: S3Remote, proxy: FaultProxy
) -> None:
    large = bytes(MULTIPART_FROM_BYTES)
    proxy.strike(only("uploadId=", s3_error(400, "InvalidPart")), "POST")
    with pytest.raises(Unclear, match="ETags of its parts were changed"):
        remote.upload(identity(large), body(large))


def test_deleting_what_is_missing_is_fine_where_the_server_says_that_it_is(
    remote: S3Remote, proxy: FaultProxy
) -> None:
    proxy.strike(s3_error(404, "NoSuchKey"), "DELETE")
    remote.delete("photos/x.jpg", {})


# --- What may not be seen ------------------------------------------------------------------------


def test_what_is_missing_is_hidden_from_who_may_not_list(
    remote: S3Remote, proxy: FaultProxy
) -> None:
    data = b"x" * 1000
    file = identity(data)
    remote.delete(file.key, {})
    proxy.strike(no_list_bucket, *METHODS)
    for call in (lambda: remote.find(file), lambda: remote.mark_of(file.key)):
        with pytest.raises(Hidden, match="s3:ListBucket"):
            call()
    remote.upload(file, body(data))
    assert remote.find(file) == {}
    assert stored(remote, file.key) == data
    with pytest.raises(Setup, match="s3:ListBucket"):
        remote.check()


def test_where_no_head_is_answered_a_get_is_as_good(remote: S3Remote, proxy: FaultProxy) -> None:
    data = b"x" * 1000
    file = identity(data, key="photos/without-head.bin", mark="d/1")
    remote.delete(file.key, {})
    proxy.strike(gateway(405), "HEAD")
    assert remote.find(file) is None
    remote.upload(file, body(data))
    assert remote.find(file) == {}
    assert remote.find(identity(b"y" * 1000, key=file.key)) is None
    found = remote.mark_of(file.key)
    assert found is not None
    assert (found.text, found.size) == ("d/1", 1000)
    remote.check()
