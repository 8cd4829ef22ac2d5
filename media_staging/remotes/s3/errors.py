"""What boto3 and S3 report, as the four kinds of `errors.py`."""

from collections.abc import Iterator
from contextlib import contextmanager

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

from media_staging.errors import Outage, Refused, Setup, TransferError
from media_staging.remotes.pauses import pause

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
SETUP_CODES = {
    "AccessDenied",
    "AccountProblem",
    "AllAccessDisabled",
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidBucketName",
    "InvalidSecurity",
    "InvalidToken",
    "KMS.DisabledException",
    "NoSuchBucket",
    "NotSignedUp",
    "PermanentRedirect",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
}
# Damaged on the way or out of step: the next try is a fresh one.
OUTAGE_CODES = {
    "BadDigest",
    "IncompleteBody",
    "InvalidDigest",
    "NoSuchUpload",
    "OperationAborted",
    "RequestTimeout",
    "SlowDown",
    "XAmzContentSHA256Mismatch",
}
# 404 to anything but a look at an object: no bucket, or no S3 server, at this address.
SETUP_STATUS = {301, 307, 401, 403, 404}
OUTAGE_STATUS = {408, 409, 420, 429}
SETUP_ERRORS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    TokenRetrievalError,
    SSLError,
    ParamValidationError,
)


@contextmanager
def translated_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise translated(error) from error
    except SETUP_ERRORS as error:
        raise Setup(str(error)) from error
    except HTTPClientError as error:
        raise passed_through(error) or Outage(str(error)) from error
    except BotoCoreError as error:
        raise Outage(str(error)) from error


def passed_through(error: HTTPClientError) -> TransferError | None:
    """What our own reader raised while botocore's HTTP session was reading from it."""
    cause = error.__context__
    return cause if isinstance(cause, TransferError) else None


def translated(error: ClientError) -> TransferError:
    answer = error.response
    code = answer["Error"].get("Code", "")
    status = answer["ResponseMetadata"].get("HTTPStatusCode", 0)
    words = f"{code}: {answer['Error'].get('Message', '')}".removesuffix(": ")
    if code in SETUP_CODES:
        return Setup(words)
    if code in OUTAGE_CODES or status in OUTAGE_STATUS or status >= 500:
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        return Outage(words, retry_after=pause(headers.get("retry-after", "")))
    if status in SETUP_STATUS:
        return Setup(words)
    return Refused(words)


def is_missing(error: ClientError) -> bool:
    """Whether the object is not there, as opposed to the bucket."""
    return error.response["Error"].get("Code") in {"404", "NoSuchKey", "NotFound"}
