"""A file on its way to Cloudinary: proved before, held against the answer, in chunks if large."""

import hashlib
from collections.abc import Iterator

from cloudinary import utils

from media_staging.errors import Outage
from media_staging.remotes.base import Body, Identity
from media_staging.remotes.cloudinary.answers import Asset

# Larger files go in chunks, as the SDK does it; Cloudinary takes none under 5 MB but the last.
CHUNK_BYTES = 20_000_000


def checked_md5(file: Identity, body: Body) -> str:
    """The MD5 of the bytes to send, which have to be the file's. Raises Outage if they are not."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    body.window(0, file.size).hash_into(*([md5] if body.verified else [md5, sha256]))
    body.seek(0)
    # A body that was called off has something else to say.
    body.read(0)
    if not body.verified and sha256.hexdigest() != file.sha256:
        raise Outage("other bytes were read than were staged")
    return md5.hexdigest()


def notes(file: Identity, md5: str) -> dict[str, str]:
    mark = {"mark": file.mark} if file.mark else {}
    return {"sha256": file.sha256, "md5": md5, **mark}


def is_whole(stored: Asset, file: Identity, md5: str) -> bool:
    return (stored.size, stored.md5) == (file.size, md5)


def chunks(size: int) -> Iterator[tuple[int, int, dict[str, str]]]:
    """(start, length, headers) of each request that a file of `size` bytes takes."""
    if size <= CHUNK_BYTES:
        yield 0, size, {}
        return
    upload_id = utils.random_public_id()
    for start in range(0, size, CHUNK_BYTES):
        length = min(CHUNK_BYTES, size - start)
        place = f"bytes {start}-{start + length - 1}/{size}"
        yield start, length, {"Content-Range": place, "X-Unique-Upload-Id": upload_id}
