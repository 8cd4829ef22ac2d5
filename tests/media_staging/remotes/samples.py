"""Files to send, and what became of them."""

import hashlib
import threading
from io import BytesIO
from typing import Any
from uuid import uuid4

from cloudinary import uploader

from dev.servers.seaweedfs import SeaweedFS
from media_staging.remotes import Body, Identity, Remote, RemoteObject
from media_staging.remotes.cloudinary.remote import CloudinaryRemote
from media_staging.remotes.filesystem import FilesystemRemote
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


def identity(data: bytes, key: str = "", mark: str = "") -> Identity:
    """A photo when the bytes are one, otherwise a file that is no picture."""
    digest = hashlib.sha256(data).hexdigest()
    ending, content_type = ("jpg", "image/jpeg") if is_photo(data) else ("bin", "application/x")
    return Identity(key or f"photos/{digest[:24]}.{ending}", len(data), digest, content_type, mark)


def is_photo(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8")


def body(data: bytes, cancelled: threading.Event | None = None) -> Body:
    return Body(BytesIO(data), len(data), cancelled or threading.Event())


def stored(remote: Remote, key: str) -> bytes:
    return b"".join(remote.read(key))


def keys(remote: Remote) -> set[str]:
    return {each.key for each in remote.objects()}


def listed(remote: Remote, key: str) -> RemoteObject:
    (found,) = [each for each in remote.objects() if each.key == key]
    return found


# --- What other programs do -------------------------------------------------------------------


def store_as_somebody_else(remote: Remote, key: str, data: bytes) -> None:
    """Put an object there that knows nothing of us."""
    if isinstance(remote, S3Remote):
        remote.client.put_object(Bucket=remote.bucket, Key=remote.object_key(key), Body=data)
    elif isinstance(remote, CloudinaryRemote):
        kind, public_id = remote.resource(key)
        options = remote.account.options()
        uploader.upload(BytesIO(data), public_id=public_id, resource_type=kind, **options)
    elif isinstance(remote, FilesystemRemote):
        path = remote.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    else:
        raise NotImplementedError(remote)


def begin_upload(remote: Remote, key: str) -> bool:
    """Begin what nobody will complete; False where such a thing leaves nothing to be listed."""
    if isinstance(remote, S3Remote):
        target = {"Bucket": remote.bucket, "Key": remote.object_key(key)}
        remote.client.create_multipart_upload(**target)
    elif isinstance(remote, FilesystemRemote):
        store_as_somebody_else(remote, f"{key}.{uuid4().hex}.partial", b"half")
    else:
        return False
    return True
