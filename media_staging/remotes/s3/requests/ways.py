"""Two ways to send bytes, and which one is taken.

Per small object, boto3's `put_object` spends several times the processor time of what it takes:
endpoint rules, parameter validation, event hooks. So where nothing speaks against it, uploads are
signed with the hash that is known from the intake and sent over connections of our own. For
whatever that does not cover, botocore does it all. Everything but uploads goes through boto3's
client anyway.
"""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError
from botocore.utils import get_environ_proxies

from media_staging.remotes.base import Body, Window
from media_staging.remotes.s3.errors import readable
from media_staging.remotes.s3.options import ObjectParameters
from media_staging.remotes.s3.requests.clients import Clients, Prepared, prepared
from media_staging.remotes.s3.requests.direct import Answer, DirectSession
from media_staging.remotes.s3.requests.signature import canonical_query, host_of, sign_put

# What differs from one upload to the next, by its name in boto3.
HEADERS = {
    "CacheControl": "cache-control",
    "ChecksumSHA256": "x-amz-checksum-sha256",
    "ContentDisposition": "content-disposition",
    "ContentMD5": "content-md5",
    "ContentType": "content-type",
}
QUERY = {"PartNumber": "partNumber", "UploadId": "uploadId"}
# Of what botocore prepares: what is another one for each upload, or added at the end.
NOT_FIXED = {*HEADERS.values(), "content-length", "expect"} - {
    "cache-control",
    "content-disposition",
}


@dataclass(frozen=True, slots=True)
class Stored:
    """What the server says of the bytes it took. `sha256` as S3 writes it, or empty."""

    etag: str
    sha256: str


class Way(Protocol):
    def put(
        self,
        operation: str,
        key: str,
        body: Body | Window,
        size: int,
        sha256: str,
        **parameters: Any,
    ) -> Stored:
        """Send `size` bytes of `body`, whose hash is `sha256` (hexadecimal).

        `operation` is "put_object" or "upload_part", `parameters` are what of boto3's belongs to
        this one upload. Raises botocore's ClientError for an answer that is not 200, Outage, Setup,
        and what reading the body raises.
        """


def way_of(clients: Clients, bucket: str, parameters: ObjectParameters) -> Way:
    """The fast one where it covers what the settings ask for. Raises what botocore raises."""
    asked = {
        operation: prepared(
            clients.client,
            operation,
            Bucket=bucket,
            Key="k",
            Body=b"",
            # Given, so that botocore adds none of its own.
            ChecksumSHA256="",
            **parts,
            **parameters.of(operation),
        )
        for operation, parts in {
            "put_object": {},
            "upload_part": {"PartNumber": 1, "UploadId": "u"},
        }.items()
    }
    if fast_way_covers(asked["put_object"], clients.client.meta.config):
        return FastWay(clients, asked)
    return BotocoreWay(clients, bucket, parameters)


def fast_way_covers(asked: Prepared, config: Any) -> bool:
    """Whether our signature and our connections do what botocore would do with this request."""
    return (
        asked.signature_version in {"s3v4", "v4"}
        and asked.signing_name == "s3"
        and (config.s3 or {}).get("payload_signing_enabled") is not False
        # Connections of a special kind.
        and not (config.client_cert or config.tcp_keepalive or config.proxies)
        and urlsplit(asked.url).scheme not in get_environ_proxies(asked.url)
        # Handlers of somebody else's.
        and not os.environ.get("BOTOCORE_EXPERIMENTAL__PLUGINS")
    )


class FastWay:
    def __init__(self, clients: Clients, asked: Mapping[str, Prepared]) -> None:
        put = asked["put_object"]
        self._clients = clients
        self._region = put.region
        self.base_url = put.url.removesuffix("k")
        self._host = host_of(self.base_url)
        self._base_path = urlsplit(self.base_url).path
        # What the settings want with every request, as botocore writes it.
        self._fixed = {
            operation: {
                name.lower(): value
                for name, value in request.headers.items()
                if name.lower() not in NOT_FIXED
            }
            for operation, request in asked.items()
        }
        config = clients.client.meta.config
        self._session = DirectSession(
            self.base_url,
            verify=clients.verify,
            connect_timeout=config.connect_timeout,
            read_timeout=config.read_timeout,
        )

    def put(
        self,
        operation: str,
        key: str,
        body: Body | Window,
        size: int,
        sha256: str,
        **parameters: Any,
    ) -> Stored:
        query = {QUERY[name]: str(value) for name, value in parameters.items() if name in QUERY}
        signed = sign_put(
            self._host,
            self._base_path + quoted(key),
            query,
            {**self._fixed[operation], **headers_of(parameters)},
            sha256=sha256,
            region=self._region,
            credentials=self._clients.credentials().keys,
        )
        address = self.base_url + quoted(key)
        if query:
            address += f"?{canonical_query(query)}"
        # Any: botocore's types do not know that every mapping and every reader will do.
        data: Any = body
        sent: Any = {**signed, "Content-Length": str(size)}
        answer = self._session.send(AWSPreparedRequest("PUT", address, sent, data, False))
        if answer.status_code != 200:
            raise client_error(answer)
        headers = answer.headers
        return Stored(headers.get("etag", ""), headers.get("x-amz-checksum-sha256", ""))


class BotocoreWay:
    def __init__(self, clients: Clients, bucket: str, parameters: ObjectParameters) -> None:
        self._clients = clients
        self._bucket = bucket
        self._parameters = parameters

    def put(
        self,
        operation: str,
        key: str,
        body: Body | Window,
        size: int,
        sha256: str,
        **parameters: Any,
    ) -> Stored:
        answer = getattr(self._clients.client, operation)(
            Bucket=self._bucket,
            Key=key,
            Body=body,
            ContentLength=size,
            **{**self._parameters.of(operation), **parameters},
        )
        return Stored(answer.get("ETag", ""), answer.get("ChecksumSHA256", ""))


def headers_of(parameters: Mapping[str, Any]) -> dict[str, str]:
    notes = parameters.get("Metadata", {})
    return {
        **{HEADERS[name]: value for name, value in parameters.items() if name in HEADERS},
        **{f"x-amz-meta-{name}": value for name, value in notes.items()},
    }


def quoted(key: str) -> str:
    return quote(key, safe="/~")


def base64_of(digest: str) -> str:
    """A hexadecimal hash in the form that S3 wants."""
    return base64.b64encode(bytes.fromhex(digest)).decode()


def client_error(answer: Answer) -> ClientError:
    """An answer that is not a success, as boto3 would report it."""
    try:
        content = readable(answer.content, answer.headers.get("content-encoding"))
        root = ElementTree.fromstring(content)  # noqa: S314 (small, from our own server)
        found = {element.tag.rpartition("}")[2]: element.text or "" for element in root}
    except ElementTree.ParseError:
        found = {}
    parsed: Any = {
        "Error": {
            **found,
            "Code": found.get("Code", str(answer.status_code)),
            "Message": found.get("Message", ""),
        },
        "ResponseMetadata": {
            "HTTPStatusCode": answer.status_code,
            "HTTPHeaders": {name.lower(): value for name, value in answer.headers.items()},
        },
    }
    return ClientError(parsed, "PutObject")
