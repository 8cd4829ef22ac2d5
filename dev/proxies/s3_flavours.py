"""S3 servers that are not like Amazon's, played by a proxy in front of one that is.

backblaze   knows no checksum headers: 400, and to a HEAD 400 without a word
            https://github.com/iterate-ch/cyberduck/issues/16107
            https://github.com/diced/zipline/issues/746
cloudflare  knows them with whole objects and answers 501 to them with parts; the ETag of what
            was made of parts says nothing
            https://github.com/Alos-no/Cloudflare.NET/pull/43
            https://github.com/s3tools/s3cmd/issues/1273
go          writes the names of headers as Go's programs do
            https://github.com/minio/minio/issues/6471
deaf        does as if there were no checksum headers, as old servers do: takes the bytes, and
            says nothing of a checksum

And what proxies that compress make of ETags, although nothing is compressed:

weakening, marking, losing, emptying
            W/"…", "…-gzip", no ETag at all, an empty one
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from dev.proxies.http import FaultProxy, Forward, Request
from dev.servers.http_server import Answer

# (request, forward) and a way to count a strike.
Flavour = Callable[[Request, Forward, Callable[[], None]], Answer]


class FlavourProxy(FaultProxy):
    """Like the FaultProxy that it is, with manners of its own. `peculiar` counts where they showed;
    `seen` are the requests in the order that they came."""

    def __init__(self, flavour: Flavour, target_host: str, target_port: int) -> None:
        super().__init__(target_host, target_port)
        self.flavour = flavour
        self.peculiar = 0
        self.seen: list[Request] = []

    def answer(self, request: Request, forward: Forward) -> Answer | None:
        self.seen.append(request)

        def spoiled(request: Request) -> Answer:
            answer = super(FlavourProxy, self).answer(request, forward)
            if answer is None:
                raise ConnectionError
            return answer

        return self.flavour(request, spoiled, self._strike)

    def _strike(self) -> None:
        self.peculiar += 1


def refusal(request: Request, status: HTTPStatus, code: str, message: str) -> Answer:
    content = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    body = b"" if request.method == "HEAD" else content
    return Answer(status, body, {"Content-Type": "application/xml"})


def checksum_headers(request: Request) -> list[str]:
    names = ("x-amz-checksum-", "x-amz-sdk-checksum-")
    return [name for name in request.headers if name.lower().startswith(names)]


def is_of_a_part(request: Request) -> bool:
    return request.method == "PUT" and "partNumber" in parse_qs(urlsplit(request.path).query)


def damaged(request: Request) -> Answer | None:
    """What S3 says to bytes that do not have the MD5 that they are sent with."""
    md5 = hashlib.md5(request.body, usedforsecurity=False).digest()
    if request.headers.get("Content-MD5") in (None, base64.b64encode(md5).decode()):
        return None
    words = "The Content-MD5 you specified did not match what we received."
    return refusal(request, HTTPStatus.BAD_REQUEST, "BadDigest", words)


def backblaze(request: Request, forward: Forward, strike: Callable[[], None]) -> Answer:
    for name in checksum_headers(request):
        strike()
        words = f"Unsupported header '{name.lower()}' received for this API call."
        return refusal(request, HTTPStatus.BAD_REQUEST, "InvalidArgument", words)
    return damaged(request) or forward(request)


def cloudflare(request: Request, forward: Forward, strike: Callable[[], None]) -> Answer:
    name = "x-amz-checksum-sha256"
    if is_of_a_part(request) and name in request.headers:
        strike()
        words = f"Header '{name}' with value '{request.headers[name]}' not implemented"
        return refusal(request, HTTPStatus.NOT_IMPLEMENTED, "NotImplemented", words)
    answer = damaged(request) or forward(request)
    for each, value in answer.headers.items():
        if each.lower() == "etag" and "-" in value:
            answer.headers[each] = '"ABwcsNIEIx/3TXD+37wkhu1YIh8AgUg="'
    return answer


def go(request: Request, forward: Forward, strike: Callable[[], None]) -> Answer:
    answer = forward(request)
    strike()
    return replace(answer, headers={name.title(): answer.headers[name] for name in answer.headers})


def deaf(request: Request, forward: Forward, strike: Callable[[], None]) -> Answer:
    answer = forward(request)
    for name in [name for name in answer.headers if name.lower().startswith("x-amz-checksum-")]:
        strike()
        del answer.headers[name]
    return answer


def with_etags(answer: Answer, change: Callable[[str], str | None]) -> Answer:
    changed = {
        name: change(value) if name.lower() == "etag" else value
        for name, value in answer.headers.items()
    }
    kept = {name: value for name, value in changed.items() if value is not None}
    return replace(answer, headers=kept)


def weakening(request: Request, forward: Forward, _strike: Callable[[], None]) -> Answer:
    return with_etags(forward(request), lambda etag: f"W/{etag}")


def marking(request: Request, forward: Forward, _strike: Callable[[], None]) -> Answer:
    return with_etags(forward(request), lambda etag: etag.rstrip('"') + '-gzip"')


def losing(request: Request, forward: Forward, _strike: Callable[[], None]) -> Answer:
    return with_etags(forward(request), lambda _etag: None)


def emptying(request: Request, forward: Forward, _strike: Callable[[], None]) -> Answer:
    return with_etags(forward(request), lambda _etag: "")
