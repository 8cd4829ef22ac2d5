"""What is below a prefix of a bucket: a request for each thousand objects or uploads in parts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from media_staging.remotes.base import RemoteObject


@dataclass(frozen=True, slots=True)
class UploadInParts:
    """One that was begun and neither completed nor aborted. `key` with the prefix."""

    key: str
    upload_id: str
    begun: datetime


def objects(client: Any, bucket: str, prefix: str) -> Iterator[RemoteObject]:
    """By key, which comes without the prefix. Raises what boto3 raises."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for each in page.get("Contents", []):
            key, etag = each["Key"].removeprefix(prefix), each["ETag"].strip('"')
            yield RemoteObject(key, each["Size"], each["LastModified"], etag)


def uploads_in_parts(client: Any, bucket: str, prefix: str) -> Iterator[UploadInParts]:
    """All whose key starts like that, whosever they are. Raises what boto3 raises."""
    pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for each in page.get("Uploads", []):
            yield UploadInParts(each["Key"], each["UploadId"], each["Initiated"])


def abort(client: Any, bucket: str, upload: UploadInParts) -> bool:
    """Give its parts up; False when it has ended meanwhile. Raises what boto3 raises."""
    try:
        client.abort_multipart_upload(Bucket=bucket, Key=upload.key, UploadId=upload.upload_id)
    except ClientError as error:
        if error.response["Error"].get("Code") != "NoSuchUpload":
            raise
        return False
    return True
