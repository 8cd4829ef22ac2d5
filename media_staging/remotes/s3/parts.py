"""Large files in parts: each is verified by the server as it comes, the whole before joining."""

import hashlib
import logging
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from media_staging.errors import Outage
from media_staging.remotes.base import Body, Identity, Window
from media_staging.remotes.s3.requests import SignedRequests, base64_of

logger = logging.getLogger(__name__)

PART_BYTES = 8 * 1024**2


class Parts:
    """Puts files into one bucket. boto3's client begins and ends, we send."""

    def __init__(self, client: Any, requests: SignedRequests, bucket: str) -> None:
        self._client = client
        self._requests = requests
        self._bucket = bucket

    def put(self, key: str, file: Identity, body: Body, **headers: Any) -> None:
        """Store the file under this key; `headers` as boto3 has them. A failure leaves no parts.

        Raises Outage when the body has other bytes than the file, and what boto3 raises.
        """
        target = {"Bucket": self._bucket, "Key": key}
        upload_id = self._client.create_multipart_upload(
            **target, **headers, ChecksumAlgorithm="SHA256"
        )["UploadId"]
        try:
            parts = self._put_parts(key, upload_id, file, body)
            self._client.complete_multipart_upload(
                **target, UploadId=upload_id, MultipartUpload={"Parts": parts}
            )
        except BaseException:
            self._abort(key, upload_id)
            raise

    def _put_parts(
        self, key: str, upload_id: str, file: Identity, body: Body
    ) -> list[dict[str, Any]]:
        """Send the parts in turn; the hash over all of them is checked before they are joined."""
        parts, whole = [], hashlib.sha256()
        for number, start, length in windows(file.size):
            part, digest = body.window(start, length), hashlib.sha256()
            part.hash_into(digest, whole)
            parts.append(self._put_part(key, upload_id, number, part, digest.hexdigest()))
        if whole.hexdigest() != file.sha256:
            raise Outage("other bytes were read than were staged")
        return parts

    def _put_part(
        self, key: str, upload_id: str, number: int, part: Window, sha256: str
    ) -> dict[str, Any]:
        answer = self._requests.put(
            key,
            part,
            size=part.length,
            sha256=sha256,
            headers={},
            query={"partNumber": str(number), "uploadId": upload_id},
        )
        return {
            "PartNumber": number,
            "ETag": answer["etag"],
            "ChecksumSHA256": base64_of(sha256),
        }

    def _abort(self, key: str, upload_id: str) -> None:
        """Give up the parts sent so far; what cannot be given up now, the cleanup does."""
        try:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload_id)
        except (ClientError, BotoCoreError) as error:
            logger.info("Parts of %s are left to the cleanup: %s", key, error)


def windows(size: int) -> Iterator[tuple[int, int, int]]:
    """(part number, start, length) of each part; at most 10,000 parts, the most that S3 takes."""
    length = max(PART_BYTES, -(-size // 10_000))
    for number, start in enumerate(range(0, size, length), start=1):
        yield number, start, min(length, size - start)
