"""Signed requests to S3 that skip what a stored photo does not need.

Per small object, boto3's `put_object` spends twice the processor time of this: endpoint rules,
parameter validation, event hooks, an `Expect: 100-continue` round trip. So uploads are signed with
the hash that is known from the intake and sent over connections of our own. Everything else goes
through the boto3 client.
"""

import base64
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.exceptions import ClientError

from media_staging.remotes.base import Body, Window
from media_staging.remotes.s3.direct import Answer
from media_staging.remotes.s3.signature import canonical_query, host_of, sign_put


class Headers(Protocol):
    """Of an answer; case is no matter in their names."""

    def __getitem__(self, name: str, /) -> str: ...

    def get(self, name: str, /) -> str | None: ...


class Session(Protocol):
    """A DirectSession, or botocore's URLLib3Session."""

    def send(self, request: AWSPreparedRequest, /) -> Answer | AWSResponse: ...


class WindowAuth(S3SigV4QueryAuth):
    """A signed URL dated at a moment of the caller's choice.

    Signed "now", the URL of an unchanged picture would be another one at every request, and no
    browser, proxy or ETag could hold on to it.
    """

    def __init__(self, *args: Any, timestamp: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._timestamp = timestamp

    def add_auth(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self._timestamp
        self._modify_request_before_signing(request)  # type: ignore[attr-defined]
        text = self.string_to_sign(request, self.canonical_request(request))
        signature = self.signature(text, request)
        self._inject_signature_to_request(request, signature)  # type: ignore[attr-defined]


class SignedRequests:
    """Puts bytes under a bucket's base URL, and signs URLs for browsers."""

    def __init__(self, base_url: str, region: str, credentials: Any, session: Session) -> None:
        self.base_url = base_url
        self._host = host_of(base_url)
        self._base_path = urlsplit(base_url).path
        self.region = region
        self._credentials = credentials
        self._session = session

    def put(
        self,
        key: str,
        body: Body | Window,
        *,
        size: int,
        sha256: str,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
    ) -> Headers:
        """Send `size` bytes; return the answer's headers.

        The server checks the bytes against `sha256` (hexadecimal) before it stores them. Raises
        botocore's ClientError for an answer that is not 200, and what the session raises.
        """
        query = query or {}
        signed = sign_put(
            self._host,
            self._base_path + quoted(key),
            query,
            {**headers, "x-amz-checksum-sha256": base64_of(sha256)},
            sha256=sha256,
            region=self.region,
            credentials=self._frozen(),
        )
        address = self.url(key)
        if query:
            address += f"?{canonical_query(query)}"
        # Any: botocore's types do not know that every mapping and every reader will do.
        data: Any = body
        sent: Any = {**signed, "Content-Length": str(size)}
        response = self._session.send(AWSPreparedRequest("PUT", address, sent, data, False))
        if response.status_code != 200:
            raise client_error(response)
        return response.headers

    def signed_url(
        self, key: str, *, timestamp: str, expires: int, query: Mapping[str, str]
    ) -> str:
        request = AWSRequest(method="GET", url=self.url(key), params=dict(query))
        auth = WindowAuth(self._frozen(), "s3", self.region, expires=expires, timestamp=timestamp)
        auth.add_auth(request)
        return str(request.url)

    def url(self, key: str) -> str:
        return self.base_url + quoted(key)

    def _frozen(self) -> Any:
        return self._credentials.get_frozen_credentials()


def quoted(key: str) -> str:
    return quote(key, safe="/~")


def base64_of(sha256: str) -> str:
    """A hexadecimal hash in the form that S3 wants."""
    return base64.b64encode(bytes.fromhex(sha256)).decode()


def client_error(response: Answer | AWSResponse) -> ClientError:
    """An answer that is not a success, as boto3 would report it."""
    try:
        root = ElementTree.fromstring(response.content)  # noqa: S314 (small, from our own server)
        found = {element.tag.rpartition("}")[2]: element.text or "" for element in root}
    except ElementTree.ParseError:
        found = {}
    parsed: Any = {
        "Error": {
            **found,
            "Code": found.get("Code", str(response.status_code)),
            "Message": found.get("Message", ""),
        },
        "ResponseMetadata": {
            "HTTPStatusCode": response.status_code,
            "HTTPHeaders": {name.lower(): value for name, value in response.headers.items()},
        },
    }
    return ClientError(parsed, "PutObject")
