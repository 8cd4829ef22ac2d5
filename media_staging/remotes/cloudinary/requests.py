"""Requests to Cloudinary: signed and addressed by its SDK, sent by us.

The SDK's own calls read the file, and then the whole form around it, into memory (three copies of
a chunk, which is 5 MB at least), open a new connection for every upload that runs beside another,
and keep headers and status of an error to themselves. So its functions sign, and its kind of
connection carries, a form that is read from the disk while it is sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import cloudinary
import urllib3
from cloudinary import utils

from media_staging.remotes.base import Body, Window
from media_staging.remotes.cloudinary.answers import AdminAllowance
from media_staging.remotes.cloudinary.errors import translated_errors
from media_staging.remotes.pools import POOLS
from media_staging.remotes.servers import server_of

PIECE_BYTES = 128 * 1024
# For the socket to take a piece, and for the service to say something. It looks at a picture
# before it answers.
TIMEOUT = urllib3.Timeout(connect=10, read=60)
USUAL_SERVER = "api.cloudinary.com"


@dataclass(frozen=True, slots=True)
class Account:
    cloud_name: str
    api_key: str
    api_secret: str
    # Base of the API's addresses; empty: Cloudinary's own.
    upload_prefix: str = ""

    def options(self) -> dict[str, str]:
        """The account as the SDK's functions take it: its global settings stay untouched."""
        return {
            "cloud_name": self.cloud_name,
            "api_key": self.api_key,
            "api_secret": self.api_secret,
            "upload_prefix": self.upload_prefix,
        }

    @property
    def server(self) -> str:
        """The API's host; empty for Cloudinary's own."""
        server = server_of(self.upload_prefix)
        return "" if server == USUAL_SERVER else server


class Form:
    """A multipart form whose last field is a file, put together while it is sent."""

    def __init__(self, fields: Mapping[str, Any], name: str, content: Window) -> None:
        boundary = uuid4().hex
        opening = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        )
        self._head = (
            f'{opening}--{boundary}\r\nContent-Disposition: form-data; name="file"; '
            f'filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        ).encode()
        self._content = content
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(self._head) + content.length + len(self._tail)),
        }

    def __iter__(self) -> Iterator[bytes]:
        # A connection may turn out to be dead: then it is sent from the beginning.
        self._content.seek(0)
        yield self._head
        while piece := self._content.read(PIECE_BYTES):
            yield piece
        yield self._tail


class Requests:
    """Talks to one account; shared by all threads. Every call has its timeout; none is repeated
    but for a connection that had died."""

    def __init__(self, account: Account, connections: int) -> None:
        self.account = account
        self.allowance = AdminAllowance()
        self._agent = {"User-Agent": cloudinary.get_user_agent()}
        options = {**cloudinary.CERT_KWARGS, "maxsize": connections, "timeout": TIMEOUT}
        self._http = utils.get_http_connector(cloudinary.config(), options)
        self._http.pool_classes_by_scheme = POOLS

    def upload(
        self,
        resource_type: str,
        params: Mapping[str, Any],
        body: Body,
        *,
        start: int,
        length: int,
        headers: Mapping[str, str],
    ) -> urllib3.BaseHTTPResponse:
        """Send `length` bytes of the body as one form. What `body.read` raises passes through."""
        name = params["public_id"].rpartition("/")[2]
        form = Form(self._signed(params), name, body.window(start, length))
        url = self._url(f"{resource_type}/upload")
        return self._send("POST", url, body=form, headers={**form.headers, **headers})

    def destroy(self, resource_type: str, params: Mapping[str, Any]) -> urllib3.BaseHTTPResponse:
        return self._post(f"{resource_type}/destroy", params)

    def explicit(
        self, resource_type: str, public_id: str, notes: Mapping[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Ask about one asset, and replace our notes about it if there are new ones.

        It is a method of the Upload API, of which nobody counts the calls.
        """
        params = {"public_id": public_id, "type": "upload"}
        if notes:
            params["context"] = encoded_notes(notes)
        return self._post(f"{resource_type}/explicit", params)

    def admin(
        self, path: str, params: Mapping[str, Any] | None = None, *, reserve: float = 0
    ) -> urllib3.BaseHTTPResponse:
        """Ask the Admin API, unless no more than `reserve` of the hour's calls is left."""
        self.allowance.check(reserve)
        login = f"{self.account.api_key}:{self.account.api_secret}"
        url = utils.smart_escape(self._url(path))
        query = f"?{urlencode(params)}" if params else ""
        headers = urllib3.make_headers(basic_auth=login)
        response = self._send("GET", url + query, headers=headers)
        self.allowance.note(response.headers)
        return response

    def download(self, url: str) -> urllib3.BaseHTTPResponse:
        """The answer's head; the bytes are the caller's to read."""
        return self._send("GET", url, preload_content=False)

    def _post(self, path: str, params: Mapping[str, Any]) -> urllib3.BaseHTTPResponse:
        form, content_type = urllib3.encode_multipart_formdata(self._signed(params))
        headers = {"Content-Type": content_type}
        return self._send("POST", self._url(path), body=form, headers=headers)

    def _send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> urllib3.BaseHTTPResponse:
        with translated_errors():
            response: urllib3.BaseHTTPResponse = self._http.urlopen(
                method,
                url,
                headers={**self._agent, **(headers or {})},
                # Tries are counted in the database (retry.py); a redirect is for a person to see.
                retries=False,
                redirect=False,
                **options,
            )
        return response

    def _signed(self, params: Mapping[str, Any]) -> dict[str, Any]:
        signed: dict[str, Any] = utils.sign_request(
            {**params, "timestamp": utils.now()}, self.account.options()
        )
        return signed

    def _url(self, path: str) -> str:
        return str(utils.base_api_url(path, **self.account.options()))


def encoded_notes(notes: Mapping[str, str]) -> str:
    """Contextual metadata as the API takes it: the characters that part it are escaped."""
    return str(utils.encode_context(dict(notes)))
