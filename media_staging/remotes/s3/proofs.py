"""Which proof of its bytes goes along with an upload: what the server takes.

Amazon and most others check the SHA-256 and say so in their answer. Some do not know that header:

- Backblaze B2 answers 400 "Unsupported header 'x-amz-checksum-sha256' received for this API call",
  and 400 without a word to a HEAD that asks for checksums.
  https://github.com/iterate-ch/cyberduck/issues/16107
  https://github.com/diced/zipline/issues/746
- Cloudflare R2 takes it with a whole object, and answers 501 to it with a part.
  https://github.com/Alos-no/Cloudflare.NET/pull/43

They are sent the MD5 instead, which S3 has always checked, and what they hold is looked at.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from media_staging.remotes.base import Body, Window
from media_staging.remotes.s3.looking import look
from media_staging.remotes.s3.requests.ways import Stored, Way, base64_of

logger = logging.getLogger(__name__)

T = TypeVar("T")
# Those of a server that does not know a header; not of one that found other bytes.
NOT_KNOWN = {"InvalidArgument", "InvalidRequest", "NotImplemented"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether the server said that it has checked the SHA-256; and the ETag that would prove as
    much, where it could not be asked to."""

    confirmed: bool
    etag: str = ""


class Proofs:
    """What one server was found not to take, for the life of the process."""

    def __init__(self, label: str) -> None:
        self._label = label
        self.with_objects = True
        self.with_parts = True
        self.in_answers = True

    def put(
        self, way: Way, key: str, body: Body, size: int, sha256: str, **parameters: Any
    ) -> Evidence:
        """Send an object."""

        def send(**proof: str) -> Stored:
            return way.put("put_object", key, body, size, sha256, **parameters, **proof)

        def with_sha256() -> Evidence:
            checksum = base64_of(sha256)
            return Evidence(send(ChecksumSHA256=checksum).sha256 == checksum)

        def with_md5() -> Evidence:
            md5 = md5_of(body.window(0, size))
            body.seek(0)
            send(ContentMD5=base64_of(md5))
            return Evidence(False, md5)

        return self.tried("with_objects", with_sha256, with_md5)

    def tried(self, what: str, usual: Callable[[], T], otherwise: Callable[[], T]) -> T:
        """The usual way, or the other one where the server does not take it; remembered then."""
        if getattr(self, what):
            try:
                return usual()
            except ClientError as error:
                if not is_not_known(error):
                    raise
        done = otherwise()
        if getattr(self, what):
            setattr(self, what, False)
            logger.info(
                "%s does not take SHA-256 checksums %s. Uploads go on with MD5, and what arrived "
                "is looked at; nothing has to be done.",
                self._label,
                what.replace("_", " "),
            )
        return done

    def look(self, head: Callable[..., Any], get: Callable[[], Any]) -> dict[str, Any] | None:
        """`looking.look`, with a HEAD that asks for checksums too, if the server knows how to.

        Where it is refused and the GET in its place is answered, it was that wish that was refused.
        """
        wish = {"ChecksumMode": "ENABLED"} if self.in_answers else {}
        refusals: list[ClientError] = []

        def asking() -> Any:
            try:
                return head(**wish)
            except ClientError as error:
                refusals.append(error)
                raise

        found = look(asking, get)
        if wish and any(status_of(error) == 400 for error in refusals):
            self.in_answers = False
        return found


def is_not_known(error: ClientError) -> bool:
    """Whether an answer says that it is the checksum that the server does not know."""
    told = error.response["Error"]
    if status_of(error) == 501:
        return True
    is_about_it = "x-amz-checksum" in told.get("Message", "").lower()
    return status_of(error) == 400 and told.get("Code") in NOT_KNOWN and is_about_it


def status_of(error: ClientError) -> int:
    return error.response["ResponseMetadata"].get("HTTPStatusCode", 0)


def md5_of(window: Window) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    window.hash_into(digest)
    return digest.hexdigest()
