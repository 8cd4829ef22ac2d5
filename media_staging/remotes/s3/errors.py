"""Whose fault an answer of S3 is: one table; the first row that fits counts.

The codes are Amazon's, and those that MinIO, Ceph and others add.
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://github.com/minio/minio/blob/master/cmd/api-errors.go
https://github.com/ceph/ceph/blob/main/src/rgw/rgw_common.cc

Known to be about the file: Refused. What every file meets: Setup, with what to change. What passes
by itself: Outage, or Busy if it is never about the file. What may last, and what is in no row, is
Unclear: a file's own fault only if others pass meanwhile.
"""

import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    SSLError,
    TokenRetrievalError,
)

from media_staging.errors import Busy, Outage, Refused, Setup, TransferError, Unclear
from media_staging.remotes.pauses import pause
from media_staging.remotes.pools import certificate_error

KEYS = "put a valid access key into the settings (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)"
SESSION = "renew the session token (AWS_SESSION_TOKEN), or use credentials that renew themselves"
RIGHTS = (
    "allow s3:PutObject, s3:GetObject, s3:DeleteObject, s3:ListBucket, s3:AbortMultipartUpload and "
    "s3:ListBucketMultipartUploads, and the use of its key if the bucket is encrypted with one"
)
ACCOUNT = "set the account in order with the storage's provider"
BUCKET = "correct the bucket's name (S3_BUCKET) or make the bucket"
REGION = "set S3_REGION (region_name) to the bucket's region"
ADDRESS = "correct S3_ENDPOINT_URL (endpoint_url)"
KMS = "correct or enable the key that the bucket is encrypted with"
OPTIONS = "correct the options in the settings (REMOTES) that the bucket does not take"
ROOM = "make room in the storage, or raise its quota"
CAPS = "raise the account's caps with the storage's provider"
PROXY = "ask whoever runs the proxy in between to pass requests and answers on as they are"
ETAGS = f"the ETags of its parts were changed or dropped on the way: {PROXY}"


@dataclass(frozen=True, slots=True)
class Row:
    """An answer, what it means, and whose it is. `status` 0: any; `code` may hold wildcards, and
    is empty for an answer without one, which is not S3's own or answers a HEAD.

    `change`: what an administrator has to do about a Setup, or about what is Unclear and lasts.
    """

    status: int
    code: str
    means: str
    kind: type[TransferError]
    change: str = ""

    def fits(self, status: int, code: str) -> bool:
        return self.status in (0, status) and fnmatchcase(code, self.code)


ROWS = (
    # --- About the file
    Row(400, "EntityTooLarge", "larger than the storage takes", Refused),
    Row(403, "InvalidObjectState", "archived: it cannot be read before it is restored", Refused),
    # --- Who we are
    Row(0, "ExpiredToken*", "the session has ended", Setup, SESSION),
    Row(0, "TokenRefreshRequired", "the session has ended", Setup, SESSION),
    Row(0, "RequestExpired", "the session or the signature has ended", Setup, SESSION),
    Row(0, "InvalidToken*", "the session token is none", Setup, SESSION),
    Row(0, "InvalidAccessKeyId", "nobody knows the access key", Setup, KEYS),
    Row(0, "InvalidClientTokenId", "nobody knows the access key", Setup, KEYS),
    Row(0, "InvalidSecurity", "the credentials are not valid", Setup, KEYS),
    Row(0, "SignatureDoesNotMatch", "the secret key is another one", Setup, KEYS),
    Row(0, "CredentialsNotSupported", "the request takes no credentials", Setup, ADDRESS),
    Row(0, "MissingSecurityHeader", "a header was lost on the way", Setup, PROXY),
    Row(0, "RequestTimeTooSkewed", "the clocks differ", Setup, "set this machine's clock (NTP)"),
    Row(0, "AccessDenied", "not allowed", Setup, RIGHTS),
    Row(0, "AccountProblem", "the account is out of order", Setup, ACCOUNT),
    Row(0, "AllAccessDisabled", "the bucket is closed", Setup, ACCOUNT),
    Row(0, "InvalidPayer", "the bucket is closed", Setup, ACCOUNT),
    Row(0, "NotSignedUp", "the account has no such service", Setup, ACCOUNT),
    Row(0, "*Suspended*", "the account is suspended", Setup, ACCOUNT),
    # --- Where the bucket is
    Row(0, "NoSuchBucket", "there is no such bucket", Setup, BUCKET),
    Row(0, "InvalidBucketName", "no bucket can have that name", Setup, BUCKET),
    Row(0, "AuthorizationHeaderMalformed", "signed for another region", Setup, REGION),
    Row(0, "AuthorizationQueryParametersError", "signed for another region", Setup, REGION),
    Row(0, "IllegalLocationConstraintException", "the bucket is elsewhere", Setup, REGION),
    Row(0, "InvalidLocationConstraint", "there is no such region", Setup, REGION),
    Row(0, "InvalidRegion*", "there is no such region", Setup, REGION),
    Row(0, "PermanentRedirect*", "the bucket is elsewhere", Setup, REGION),
    Row(0, "TemporaryRedirect", "the bucket is elsewhere", Setup, REGION),
    Row(0, "Redirect", "the bucket is elsewhere", Setup, REGION),
    Row(0, "EndpointNotFound", "the bucket is elsewhere", Setup, ADDRESS),
    # --- What the settings ask for
    Row(0, "*KMS*Throttl*", "the key service is busy", Busy),
    Row(0, "*KMS*Internal*", "the key service has trouble", Outage),
    Row(0, "*KMS*Timeout*", "the key service has trouble", Outage),
    Row(0, "*KMS*", "the encryption key cannot be used", Setup, KMS),
    Row(0, "InvalidEncryptionAlgorithm*", "no such encryption", Setup, OPTIONS),
    Row(0, "ServerSideEncryptionConfigurationNotFound*", "no such encryption", Setup, OPTIONS),
    Row(0, "InvalidStorageClass", "no such storage class", Setup, OPTIONS),
    Row(0, "InvalidTag*", "the tags are not valid", Setup, OPTIONS),
    Row(0, "MalformedACLError", "the ACL is not valid", Setup, OPTIONS),
    Row(0, "AccessControlListNotSupported", "the bucket takes no ACLs", Setup, OPTIONS),
    Row(0, "ObjectLockConfigurationNotFound*", "the bucket locks no objects", Setup, OPTIONS),
    Row(0, "InvalidBucketState", "the bucket does not take what was asked for", Setup, OPTIONS),
    Row(0, "InvalidRequest", "the bucket does not take what was asked for", Setup, OPTIONS),
    Row(0, "UnsupportedArgument", "the server knows no such option", Setup, OPTIONS),
    Row(0, "NotImplemented", "the server knows no such option", Setup, OPTIONS),
    Row(0, "MetadataTooLarge", "too much metadata", Setup, OPTIONS),
    Row(0, "KeyTooLong*", "the key is too long", Setup, "shorten the prefix (location)"),
    Row(0, "MissingContentLength", "a header was lost on the way", Setup, PROXY),
    # --- Room
    Row(0, "*cap_exceeded", "the account has used up what it may", Setup, CAPS),
    Row(0, "*StorageFull*", "the storage is full", Setup, ROOM),
    Row(0, "*Quota*", "the storage is full", Setup, ROOM),
    Row(0, "Insufficient*", "the storage is full", Setup, ROOM),
    Row(507, "*", "the storage is full", Setup, ROOM),
    # --- Damaged on the way: the next try is a fresh one, unless somebody there does it each time
    Row(0, "BadDigest", "other bytes arrived", Unclear, PROXY),
    Row(0, "InvalidDigest", "other bytes arrived", Unclear, PROXY),
    Row(0, "XAmzContent*Mismatch", "other bytes arrived", Unclear, PROXY),
    Row(0, "InvalidPart*", "a part is another one, or lost", Unclear, ETAGS),
    # --- Out of step
    Row(0, "IncompleteBody", "fewer bytes arrived", Outage),
    Row(0, "ClientDisconnected", "the connection broke", Outage),
    Row(0, "ConnectionClosedByRequester", "the connection broke", Outage),
    Row(0, "NoSuchUpload", "the upload in parts was given up", Outage),
    Row(0, "XMinioBackendDown", "the server's disks are away", Outage),
    Row(0, "OperationAborted", "another request is at the same object", Outage),
    Row(0, "ConditionalRequestConflict", "another request is at the same object", Outage),
    # --- Busy
    Row(0, "RequestTimeout*", "the bytes came too slowly", Busy),
    Row(0, "SlowDown*", "too many requests", Busy),
    Row(0, "*Throttl*", "too many requests", Busy),
    Row(0, "*LimitExceeded", "too many requests", Busy),
    Row(0, "TooManyRequests*", "too many requests", Busy),
    Row(0, "ServiceUnavailable", "too many requests", Busy),
    # --- Whatever the code: what the status alone says
    Row(301, "*", "the address leads elsewhere", Setup, ADDRESS),
    Row(302, "*", "the address leads elsewhere", Setup, ADDRESS),
    Row(303, "*", "the address leads elsewhere", Setup, ADDRESS),
    Row(307, "*", "the address leads elsewhere", Setup, ADDRESS),
    Row(308, "*", "the address leads elsewhere", Setup, ADDRESS),
    Row(401, "*", "not allowed", Setup, KEYS),
    Row(402, "*", "a bill is open", Setup, ACCOUNT),
    Row(403, "*", "not allowed", Setup, RIGHTS),
    # No answer to who stores something.
    Row(404, "NoSuchKey", "no object under this key", Unclear),
    # To anything but a look at an object: there is no bucket, or no S3 server, at this address.
    Row(404, "*", "no bucket at this address", Setup, ADDRESS),
    Row(407, "*", "the proxy wants a password", Setup, "put it into HTTPS_PROXY (proxies)"),
    Row(408, "*", "the bytes came too slowly", Busy),
    Row(409, "", "another request is at the same object", Outage),
    Row(420, "*", "too many requests", Busy),
    Row(425, "*", "too early", Busy),
    Row(429, "*", "too many requests", Busy),
    Row(499, "*", "the connection broke", Outage),
    Row(501, "*", "the server cannot do what was asked for", Setup, ADDRESS),
    Row(503, "*", "too many requests, or nobody there", Busy),
    Row(505, "*", "the server speaks another protocol", Setup, ADDRESS),
)

CERTIFICATE = "renew it, or let AWS_CA_BUNDLE (verify) name a file with its authority"
CREDENTIALS_ERRORS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
)
MOST_WORDS = 300
# zlib's sign for gzip's format.
GZIP = 16 + zlib.MAX_WBITS
# Ours are a tenth of it: an answer that is nothing but zeros must not fill the memory.
MOST_READABLE_BYTES = 16 * 1024**2


@contextmanager
def translated_errors() -> Iterator[None]:
    """What boto3 and S3 report, as the kinds of `errors.py`."""
    try:
        yield
    except ClientError as error:
        raise translated(error) from error
    except CREDENTIALS_ERRORS as error:
        raise Setup(f"{error}; {KEYS}") from error
    except ParamValidationError as error:
        raise Setup(f"{error}; {OPTIONS}") from error
    except HTTPClientError as error:
        raise passed_through(error) or on_the_way(error) from error
    except BotoCoreError as error:
        raise Outage(str(error)) from error


def passed_through(error: HTTPClientError) -> TransferError | None:
    """What our own reader raised while botocore's HTTP session was reading from it."""
    cause = error.__context__
    return cause if isinstance(cause, TransferError) else None


def on_the_way(error: HTTPClientError) -> TransferError:
    """No answer: a certificate that does not verify is the set-up's, any other trouble passes."""
    certificate = certificate_error(error) if isinstance(error, SSLError) else None
    return unverified(certificate) if certificate else Outage(str(error))


def unverified(error: Exception) -> Setup:
    return Setup(f"the server's certificate cannot be verified: {error}; {CERTIFICATE}")


def translated(error: ClientError) -> TransferError:
    told, answer = error.response["Error"], error.response["ResponseMetadata"]
    status, headers = answer.get("HTTPStatusCode", 0), answer["HTTPHeaders"]
    code = code_of(error)
    row = row_of(status, code)
    said = f"{code}: {told.get('Message', '')}" if code else f"{status}: {row.means}"
    words = said[:MOST_WORDS].rstrip(". :")
    asked = pause(headers.get("retry-after", ""))
    if asked is not None and issubclass(row.kind, Outage | Unclear):
        # Who says when to come back does not mean the file.
        return Busy(words, retry_after=asked)
    # Amazon names the region in other answers, too.
    is_elsewhere = row.change in (REGION, ADDRESS)
    change = (is_elsewhere and elsewhere({**told, **headers})) or row.change
    return row.kind(f"{words}; {change}" if change else words)


def readable(body: bytes, encoding: str | None) -> bytes:
    """A body for whom wants XML: some proxies compress what nobody wants compressed, and servers
    send blanks while an upload in parts is put together, also before the XML begins.

    `encoding` as the header Content-Encoding has it.
    """
    if encoding == "gzip":
        with suppress(zlib.error):
            body = zlib.decompressobj(GZIP).decompress(body, MOST_READABLE_BYTES)
    return body.removeprefix(BOM_UTF8).lstrip()


def code_of(error: ClientError) -> str:
    """S3's word for it; empty for an answer without one, for which boto3 puts the status."""
    code = str(error.response["Error"].get("Code", ""))
    return "" if code.isdecimal() else code


def row_of(status: int, code: str) -> Row:
    """What the table says of an answer; what it does not know is Unclear, or an Outage from 500."""
    known = (row for row in ROWS if row.fits(status, code))
    kind = Outage if status >= 500 else Unclear
    return next(known, Row(status, code, "no answer that S3 would give", kind))


def elsewhere(told: Mapping[str, object]) -> str:
    """What to change when an answer says where the bucket really is."""
    if region := told.get("x-amz-bucket-region") or told.get("Region"):
        return f"set S3_REGION (region_name) to {region}, where the bucket is"
    if address := told.get("location") or told.get("Endpoint"):
        return (
            f"it leads to {str(address)[:MOST_WORDS]}: if that is right, set S3_ENDPOINT_URL "
            "(endpoint_url) to it"
        )
    return ""


def is_missing(error: ClientError) -> bool:
    """Whether the object is not there, as opposed to the bucket."""
    return error.response["Error"].get("Code") in {"404", "NoSuchKey", "NotFound"}
