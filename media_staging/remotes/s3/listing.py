"""What is below a prefix of a bucket: a request for each thousand objects or uploads in parts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from media_staging.remotes.base import RemoteObject
from media_staging.remotes.s3.options import ObjectParameters


@dataclass(frozen=True, slots=True)
class UploadInParts:
    """One that was begun and neither completed nor aborted. `key` with the prefix."""

    key: str
    upload_id: str
    begun: datetime


class Listing:
    """Of one bucket. Raises what boto3 raises."""

    def __init__(self, client: Any, bucket: str, parameters: ObjectParameters) -> None:
        self._client = client
        self._bucket = bucket
        self._parameters = parameters

    def objects(self, prefix: str) -> Iterator[RemoteObject]:
        """By key, which comes without the prefix."""
        for page in self._pages("list_objects_v2", prefix):
            for each in page.get("Contents", []):
                key, etag = each["Key"].removeprefix(prefix), each["ETag"].strip('"')
                yield RemoteObject(key, each["Size"], each["LastModified"], etag)

    def uploads_in_parts(self, prefix: str) -> Iterator[UploadInParts]:
        """All whose key starts like that, whosever they are."""
        for page in self._pages("list_multipart_uploads", prefix):
            for each in page.get("Uploads", []):
                yield UploadInParts(each["Key"], each["UploadId"], each["Initiated"])

    def abort(self, upload: UploadInParts) -> bool:
        """Give its parts up; False when it has ended meanwhile."""
        target = {"Bucket": self._bucket, "Key": upload.key, "UploadId": upload.upload_id}
        try:
            self._client.abort_multipart_upload(
                **target, **self._parameters.of("abort_multipart_upload")
            )
        except ClientError as error:
            if error.response["Error"].get("Code") != "NoSuchUpload":
                raise
            return False
        return True

    def _pages(self, operation: str, prefix: str) -> Any:
        return self._client.get_paginator(operation).paginate(
            Bucket=self._bucket, Prefix=prefix, **self._parameters.of(operation)
        )
