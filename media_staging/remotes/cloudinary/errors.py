"""Whose fault an answer of Cloudinary is: one table; the first row that fits counts.

Status and words are what its documentation and its SDKs have; there is no list of all of them.
https://cloudinary.com/documentation/admin_api#error_handling
https://cloudinary.com/documentation/ts_troubleshooting_failed_upload_requests
https://github.com/cloudinary/cloudinary_npm/blob/master/docs/troubleshoot-errors.md

Known to be about the file: Refused. What every file meets: Setup, with what to change. What passes
by itself: Outage, or Busy if it is never about the file. What is in no row is Unclear: a file's own
fault only if others pass meanwhile.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, LocationValueError

from media_staging.errors import Busy, Outage, Refused, Setup, TransferError, Unclear
from media_staging.remotes.pauses import pause
from media_staging.remotes.pools import certificate_error

KEYS = "correct CLOUDINARY_URL as Cloudinary's console shows it"
PLAN = "look at the account's plan and usage in Cloudinary's console"
RIGHTS = "let the API key upload, delete, look up and list"
ADDRESS = "correct the cloud's name in CLOUDINARY_URL, or CLOUDINARY_UPLOAD_PREFIX"
CLOCK = "set this machine's clock (NTP)"
PRESET = "let no upload preset or structured metadata be required of the API's uploads"
MOST_WORDS = 300


@dataclass(frozen=True, slots=True)
class Row:
    """An answer, and whose it is. `status` 0: any. `words`: a pattern in what Cloudinary says;
    empty: also when it says nothing, since a gateway answers.

    `change`: what an administrator has to do about a Setup.
    """

    status: int
    words: str
    kind: type[TransferError]
    change: str = ""

    def fits(self, status: int, said: str) -> bool:
        return self.status in (0, status) and bool(re.search(self.words, said, re.IGNORECASE))


ROWS = (
    # --- Who we are, told as an ordinary 400 too
    Row(0, r"signature|api_key|api key|api_secret|unknown api", Setup, KEYS),
    Row(0, r"cloud_name|unknown cloud|invalid cloud", Setup, ADDRESS),
    Row(0, r"stale request", Setup, CLOCK),
    Row(0, r"disabled|suspended|blocked|untrusted", Setup, PLAN),
    Row(0, r"quota|usage limit|exceeded your (?:plan|account)", Setup, PLAN),
    Row(0, r"upload[ _]preset|is mandatory|missing mandatory", Setup, PRESET),
    # --- About the file
    Row(400, r"(?:file|image) size too large|maximum (?:file|upload) size", Refused),
    Row(413, r"too large", Refused),
    Row(400, r"maximum (?:image size|(?:total )?number of pixels)|megapixels", Refused),
    Row(400, r"invalid image file|image is corrupt|empty file|file is empty", Refused),
    Row(400, r"unsupported (?:image|video|raw)?\s*(?:file )?(?:format|type|or file)", Refused),
    Row(400, r"(?:file )?format \S+ not allowed|not an allowed format", Refused),
    # --- Passes by itself
    Row(0, r"rate limit|too many (?:concurrent )?requests", Busy),
    # A chunk that is sent again, because its answer was lost: the whole file goes next.
    Row(400, r"chunk|content-range", Outage),
    Row(408, "", Busy),
    Row(409, "", Outage),
    Row(420, "", Busy),
    Row(423, "", Outage),
    Row(425, "", Busy),
    Row(429, "", Busy),
    Row(499, "", Outage),
    Row(503, "", Busy),
    # --- Whatever the words
    Row(301, "", Setup, ADDRESS),
    Row(302, "", Setup, ADDRESS),
    Row(303, "", Setup, ADDRESS),
    Row(307, "", Setup, ADDRESS),
    Row(308, "", Setup, ADDRESS),
    Row(401, "", Setup, KEYS),
    Row(402, "", Setup, PLAN),
    Row(403, "", Setup, RIGHTS),
    Row(404, ".", Setup, ADDRESS),
    Row(407, "", Setup, "put the proxy's password into CLOUDINARY_URL (api_proxy)"),
    Row(501, "", Setup, ADDRESS),
    Row(505, "", Setup, ADDRESS),
)


@contextmanager
def translated_errors() -> Iterator[None]:
    """What the HTTP client reports: a certificate that does not verify, or an address that is none,
    is the set-up's, any other trouble passes."""
    try:
        yield
    except LocationValueError as error:
        raise Setup(f"{error}; {ADDRESS}") from error
    except HTTPError as error:
        if certificate := certificate_error(error):
            words = f"the server's certificate cannot be verified: {certificate}"
            raise Setup(f"{words}; renew it, or {ADDRESS}") from error
        raise Outage(str(error)) from error


def failure(response: BaseHTTPResponse) -> TransferError:
    """Whose fault an answer is that is no success."""
    said, status = reason(response), response.status
    row = row_of(status, said)
    words = f"{status}: {said}" if said else f"{status}, and nothing that Cloudinary would say"
    asked = retry_after(response.headers)
    if "Retry-After" in response.headers and issubclass(row.kind, Outage | Unclear):
        # Who says when to come back does not mean the file.
        return Busy(words, retry_after=asked)
    if issubclass(row.kind, Outage):
        return row.kind(words, retry_after=asked)
    location = response.headers.get("Location", "")
    leads = f" (it leads to {location[:MOST_WORDS]})" if location else ""
    return row.kind(f"{words}{leads}; {row.change}" if row.kind is Setup else words)


def row_of(status: int, said: str) -> Row:
    """What the table says. What it does not know is Unclear, or an Outage from 500 on."""
    known = (row for row in ROWS if row.fits(status, said))
    kind = Outage if status >= 500 else Unclear
    return next(known, Row(status, "", kind))


def reason(response: BaseHTTPResponse) -> str:
    """Cloudinary's own words for what went wrong; empty when the answer is not from Cloudinary."""
    answer = json_of(response)
    error = answer.get("error") if isinstance(answer, dict) else None
    words = error.get("message") if isinstance(error, dict) else error
    return str(words or response.headers.get("X-Cld-Error") or "")[:MOST_WORDS]


def json_of(response: BaseHTTPResponse) -> Any:
    try:
        return json.loads(response.data)
    except ValueError:
        return None


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long the service wants to be left alone: in seconds, or until its allowance is renewed.

    https://cloudinary.com/documentation/admin_api#usage_limits
    """
    asked = headers.get("Retry-After") or headers.get("X-FeatureRateLimit-Reset", "")
    return pause(asked)
