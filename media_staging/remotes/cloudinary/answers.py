"""What Cloudinary answers when all is well: what it says of an asset, and of its limits.

https://cloudinary.com/documentation/image_upload_api_reference
https://cloudinary.com/documentation/admin_api

Nothing is a success because nothing says otherwise. The SDK passes an error page that happens to
be JSON, an empty object or a missing field on to its caller; here every field that is relied on
has to be there and to fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Any

import cloudinary
from cloudinary import utils
from urllib3 import BaseHTTPResponse

from media_staging import clock
from media_staging.errors import Busy, Unclear
from media_staging.remotes.base import Mark
from media_staging.remotes.cloudinary.errors import failure, json_of, reason
from media_staging.remotes.pauses import moment

# Its words, whatever the status they come with.
NO_ASSET = "Resource not found"


# --- Success or not --------------------------------------------------------------------------


def parsed(response: BaseHTTPResponse) -> dict[str, Any]:
    """The JSON object of a success; every other answer is raised as `errors` has it."""
    answer = json_of(response)
    if response.status == 200 and isinstance(answer, dict) and answer and "error" not in answer:
        return answer
    raise failure(response)


def is_missing(response: BaseHTTPResponse) -> bool:
    """Whether Cloudinary itself says that there is no such asset; an error page does not count."""
    return response.status == 404 and bool(reason(response))


# --- Rate limits -----------------------------------------------------------------------------


class AdminAllowance:
    """How many calls of the Admin API are left in this hour, as its last answer told.

    Uploads and deletions do not count. Shared by all threads; a race only costs a call.
    """

    def __init__(self) -> None:
        self._limit = 0
        self._remaining = 0
        self._reset_at = datetime.min.replace(tzinfo=UTC)

    def note(self, headers: Mapping[str, str]) -> None:
        counted = headers.get("X-FeatureRateLimit-Remaining", "")
        reset_at = moment(headers.get("X-FeatureRateLimit-Reset", ""))
        if counted.isdigit() and reset_at:
            limit = headers.get("X-FeatureRateLimit-Limit", "")
            self._limit = int(limit) if limit.isdigit() else 0
            self._remaining, self._reset_at = int(counted), reset_at

    def check(self, reserve: float = 0) -> None:
        """Raise Busy, without asking anybody, unless more than this share of it is left."""
        left = self._reset_at - clock.utc()
        if left > timedelta(0) and self._remaining <= reserve * self._limit:
            raise Busy(
                "Cloudinary's hourly allowance of Admin API calls is used up "
                f"({self._remaining} of {self._limit} are left)",
                retry_after=left,
            )


# --- Assets ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asset:
    """One stored file as an answer describes it. `size` in bytes; `md5` empty when not told."""

    public_id: str
    resource_type: str
    version: int
    format: str
    size: int
    md5: str
    # What we noted about the file when we uploaded it; empty in a listing that was not asked.
    notes: Mapping[str, str]
    # The upload stored nothing: this asset was there before.
    existing: bool

    @property
    def data(self) -> dict[str, Any]:
        """What the row keeps. Equal for many files of one second, so that they flip together."""
        return {
            "version": self.version,
            "format": self.format,
            "resource_type": self.resource_type,
        }

    @property
    def mark(self) -> Mark:
        """Whose it is. Notes stay when somebody puts other bytes in; they are not ours then."""
        if self.md5 and self.notes.get("md5", self.md5) != self.md5:
            return Mark()
        text, sha256 = self.notes.get("mark", ""), self.notes.get("sha256", "")
        return Mark(text, sha256, self.size) if text or sha256 else Mark()

    @property
    def etag(self) -> str:
        """A listing has no MD5, but the version is another one whenever the bytes are."""
        return self.md5 or f"v{self.version}-{self.size}"


def asset(answer: Mapping[str, Any]) -> Asset:
    """Raises Unclear when a field is missing or is not what it has to be."""
    context = answer.get("context")
    custom = context.get("custom") if isinstance(context, dict) else None
    try:
        return Asset(
            public_id=text(answer["public_id"]),
            resource_type=text(answer["resource_type"]),
            version=whole(answer["version"]),
            # Files that are no images have none.
            format=text(answer.get("format") or ""),
            size=whole(answer["bytes"]),
            md5=text(answer.get("etag") or ""),
            notes=custom if isinstance(custom, dict) else {},
            existing=answer.get("existing") is True,
        )
    except KeyError as error:
        raise Unclear(f"Cloudinary's answer has no {error}") from error
    except TypeError as error:
        raise Unclear(f"Cloudinary's answer makes no sense: {error}") from error


def about(response: BaseHTTPResponse, expected: tuple[str, str], api_secret: str) -> Asset:
    """The asset of this resource type and public ID, in an answer that proves to be Cloudinary's.

    Raises Unclear when it is not, and what `parsed` raises.
    """
    answer = parsed(response)
    stored = asset(answer)
    if (stored.resource_type, stored.public_id) != expected:
        raise Unclear(f"Cloudinary answered about {stored.public_id}, not {expected[1]}")
    check_signature(answer, api_secret)
    return stored


def about_or_none(
    response: BaseHTTPResponse, expected: tuple[str, str], api_secret: str
) -> Asset | None:
    """The same, and None when Cloudinary itself says that there is none."""
    if reason(response).startswith(NO_ASSET):
        return None
    return about(response, expected, api_secret)


def text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{value!r} is no number")
    return value


def check_signature(answer: Mapping[str, Any], api_secret: str) -> None:
    """Raise Unclear unless the answer proves to come from one who knows our secret.

    https://cloudinary.com/documentation/signatures#verifying_signatures_in_the_json_response
    """
    # Signed by the first way of writing parameters, whatever requests are signed by.
    expected = utils.api_sign_request(
        {name: answer.get(name) for name in ("public_id", "version")},
        api_secret,
        cloudinary.config().signature_algorithm,
        signature_version=1,
    )
    if not compare_digest(str(answer.get("signature")), expected):
        raise Unclear("Cloudinary's answer is not signed with our secret")
