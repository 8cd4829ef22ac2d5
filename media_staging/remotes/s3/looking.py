"""What is known of an object, or of the bucket, by a HEAD.

Its answer has no body: only a status says what is wrong. So what a HEAD refuses is asked again with
a GET, whose refusal has words.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from media_staging.errors import Hidden, Setup
from media_staging.remotes.s3.errors import BUCKET, RIGHTS, code_of, elsewhere, is_missing
from media_staging.remotes.s3.options import ObjectParameters

# What these mean, the status alone tells.
PLAIN = {408, 409, 420, 425, 429, 499}


def look(head: Callable[[], dict[str, Any]], get: Callable[[], Any]) -> dict[str, Any] | None:
    """The answer to a HEAD; None when there is no such object. `get` asks for its first byte.

    Raises what boto3 raises, and Hidden when a missing permission lets nobody tell.
    """
    try:
        return head()
    except ClientError as error:
        if is_missing(error):
            return None
        if says_enough(error):
            raise
        return first_byte(get)


def says_enough(error: ClientError) -> bool:
    answer = error.response["ResponseMetadata"]
    status = answer["HTTPStatusCode"]
    leads_elsewhere = status < 400 and elsewhere(answer["HTTPHeaders"])
    return status in PLAIN or status >= 500 or bool(leads_elsewhere)


def first_byte(get: Callable[[], Any]) -> dict[str, Any] | None:
    """The same by a GET: where it is answered, the answer is as good as a HEAD's."""
    try:
        found: dict[str, Any] = get()
    except ClientError as error:
        if code_of(error) == "NoSuchKey":
            return None
        if code_of(error) == "AccessDenied":
            # https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html#API_HeadObject
            words = "AccessDenied: what is missing looks like what may not be seen"
            raise Hidden(f"{words}; {RIGHTS}") from error
        raise
    found.pop("Body").close()
    whole = found.get("ContentRange", "").rpartition("/")[2]
    return {**found, "ContentLength": int(whole)} if whole.isdecimal() else found


def look_at_bucket(client: Any, parameters: ObjectParameters, bucket: str, prefix: str) -> None:
    """Raises Setup when there is none, and what boto3 raises."""
    try:
        client.head_bucket(Bucket=bucket, **parameters.of("head_bucket"))
    except ClientError as error:
        if is_missing(error):
            raise Setup(f"there is no bucket {bucket}; {BUCKET}") from error
        more = parameters.of("list_objects_v2")
        client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1, **more)
