"""Files to send, and what became of them."""

import hashlib
import threading
from io import BytesIO
from typing import Any

from dev.servers.seaweedfs import SeaweedFS
from media_staging.remotes import Body, Identity, Remote
from media_staging.remotes.s3.remote import S3Remote


def s3(server: SeaweedFS, **changes: Any) -> S3Remote:
    options = {
        "bucket_name": server.bucket,
        "endpoint_url": server.endpoint_url,
        "access_key": server.access_key,
        "secret_key": server.secret_key,
        "region_name": "us-east-1",
    }
    return S3Remote(**{**options, **changes})


def identity(data: bytes, key: str = "") -> Identity:
    """A photo when the bytes are one, otherwise a file that is no picture."""
    digest = hashlib.sha256(data).hexdigest()
    ending, content_type = ("jpg", "image/jpeg") if is_photo(data) else ("bin", "application/x")
    return Identity(key or f"photos/{digest[:24]}.{ending}", len(data), digest, content_type)


def is_photo(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8")


def body(data: bytes, cancelled: threading.Event | None = None) -> Body:
    return Body(BytesIO(data), len(data), cancelled or threading.Event())


def stored(remote: Remote, key: str) -> bytes:
    return b"".join(remote.read(key))


def keys(remote: Remote) -> set[str]:
    return {each.key for each in remote.objects()}
