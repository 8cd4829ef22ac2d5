"""Large files in parts: each is verified by the server as it comes, the whole before joining."""

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from media_staging.errors import Outage
from media_staging.remotes.base import Body, Identity
from media_staging.remotes.s3.options import ObjectParameters
from media_staging.remotes.s3.proofs import Evidence, Proofs
from media_staging.remotes.s3.requests.clients import Clients
from media_staging.remotes.s3.requests.ways import Way, base64_of

logger = logging.getLogger(__name__)

PART_BYTES = 8 * 1024**2
# What Apache, Jetty, nginx and others put behind an ETag.
COMPRESSED = re.compile(r"[-;:]+(?:gzip|br|deflate|zstd|df)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One that the server has, and what went along with it; `md5` in hexadecimal.

    `etag` is the part's MD5 where it was lost on the way: so it is on most servers.
    """

    number: int
    etag: str
    md5: str
    proof: dict[str, str]
    confirmed: bool


class Parts:
    """Puts files into one bucket. boto3's client begins and ends, the way sends."""

    def __init__(
        self, clients: Clients, bucket: str, parameters: ObjectParameters, way: Way, proofs: Proofs
    ) -> None:
        self._client = clients.client
        self._bucket = bucket
        self._parameters = parameters
        self._way = way
        self._proofs = proofs

    def put(self, key: str, file: Identity, body: Body, **parameters: Any) -> Evidence:
        """Store the file under this key; `parameters` as boto3 has them. A failure leaves no parts.

        Raises Outage when the body has other bytes than the file, and what boto3 raises.
        """

        def with_sha256() -> Evidence:
            parts = self._put(key, file, body, {**parameters, "ChecksumAlgorithm": "SHA256"})
            return Evidence(all(part.confirmed for part in parts))

        def with_md5() -> Evidence:
            return Evidence(False, etag_of(self._put(key, file, body, parameters)))

        if not self._proofs.with_objects:
            return with_md5()
        return self._proofs.tried("with_parts", with_sha256, with_md5)

    def _put(self, key: str, file: Identity, body: Body, parameters: dict[str, Any]) -> list[Part]:
        target = {"Bucket": self._bucket, "Key": key}
        begun = {**self._parameters.of("create_multipart_upload"), **parameters}
        upload_id = self._client.create_multipart_upload(**target, **begun)["UploadId"]
        target["UploadId"] = upload_id
        by_sha256 = "ChecksumAlgorithm" in parameters
        try:
            parts = self._put_parts(key, upload_id, file, body, by_sha256)
            self._client.complete_multipart_upload(
                **target,
                MultipartUpload={"Parts": [joined(part) for part in parts]},
                **self._parameters.of("complete_multipart_upload"),
            )
        except BaseException:
            self._abort(target)
            raise
        return parts

    def _put_parts(
        self, key: str, upload_id: str, file: Identity, body: Body, by_sha256: bool
    ) -> list[Part]:
        """Send the parts in turn; the hash over all of them is checked before they are joined."""
        parts, whole = [], hashlib.sha256()
        for number, start, length in windows(file.size):
            window = body.window(start, length)
            sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
            window.hash_into(sha256, whole, *([] if by_sha256 else [md5]))
            proof = (
                {"ChecksumSHA256": base64_of(sha256.hexdigest())}
                if by_sha256
                else {"ContentMD5": base64_of(md5.hexdigest())}
            )
            stored = self._way.put(
                "upload_part",
                key,
                window,
                length,
                sha256.hexdigest(),
                PartNumber=number,
                UploadId=upload_id,
                **proof,
            )
            confirmed = stored.sha256 == proof.get("ChecksumSHA256")
            etag = plain_etag(stored.etag)
            if not etag and by_sha256:
                window.hash_into(md5)
            parts.append(Part(number, etag or md5.hexdigest(), md5.hexdigest(), proof, confirmed))
        if whole.hexdigest() != file.sha256:
            raise Outage("other bytes were read than were staged")
        return parts

    def _abort(self, target: dict[str, str]) -> None:
        """Give up the parts sent so far; what cannot be given up now, the cleanup does."""
        try:
            parameters = self._parameters.of("abort_multipart_upload")
            self._client.abort_multipart_upload(**target, **parameters)
        except (ClientError, BotoCoreError) as error:
            logger.info("Parts of %s are left to the cleanup: %s", target["Key"], error)


def joined(part: Part) -> dict[str, Any]:
    """How a part is named when all are joined."""
    checksum = {name: value for name, value in part.proof.items() if name == "ChecksumSHA256"}
    return {"PartNumber": part.number, "ETag": f'"{part.etag}"', **checksum}


def plain_etag(given: str) -> str:
    """An ETag as the server gave it: proxies that compress call it weak or put a word behind it.

    Of no other ETag is anything known; some servers' are no MD5.
    """
    return COMPRESSED.sub("", given.strip().removeprefix("W/").replace('"', ""))


def etag_of(parts: list[Part]) -> str:
    """The ETag that S3 and most others give an object of these parts; not documented by anybody."""
    md5s = b"".join(bytes.fromhex(part.md5) for part in parts)
    return f"{hashlib.md5(md5s, usedforsecurity=False).hexdigest()}-{len(parts)}"


def windows(size: int) -> Iterator[tuple[int, int, int]]:
    """(part number, start, length) of each part; at most 10,000 parts, the most that S3 takes."""
    length = max(PART_BYTES, -(-size // 10_000))
    for number, start in enumerate(range(0, size, length), start=1):
        yield number, start, min(length, size - start)
