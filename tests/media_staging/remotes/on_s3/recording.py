"""An S3 server that takes everything and remembers how it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from dev.servers.http_server import Answer, QuietHandler, QuietServer


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes

    @property
    def operation(self) -> str:
        """What boto3 calls it, for those that uploads are made of."""
        if self.method == "POST":
            return "create" if "uploads" in self.query else "complete"
        return "part" if "partNumber" in self.query else self.method


class Recording(QuietServer):
    """`asked` has all requests in their order; `refused` names operations answered with 500."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.asked: list[Asked] = []
        self.refused: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def of(self, operation: str) -> list[Asked]:
        return [each for each in self.asked if each.operation == operation]


def xml(name: str, **fields: str) -> Answer:
    inside = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in fields.items())
    return Answer(200, f"<{name}>{inside}</{name}>".encode(), {"Content-Type": "application/xml"})


class _Handler(QuietHandler):
    server: Recording

    def do_PUT(self) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        asked = Asked(self.command, parts.path, query, self.headers, self.body())
        self.server.asked.append(asked)
        if asked.operation in self.server.refused:
            self.answer(Answer(500))
        else:
            self.answer(self.answer_to(asked))

    do_POST = do_HEAD = do_GET = do_DELETE = do_PUT

    def answer_to(self, asked: Asked) -> Answer:
        if asked.operation == "create":
            return xml("InitiateMultipartUploadResult", UploadId="u")
        if asked.operation == "complete":
            return xml("CompleteMultipartUploadResult", ETag='"e-2"')
        if asked.method == "PUT":
            name = "x-amz-checksum-sha256"
            return Answer(200, headers={"ETag": '"e"', name: asked.headers.get(name, "")})
        if asked.method == "HEAD":
            return Answer(200, headers=self.kept(asked.path))
        if asked.method == "DELETE":
            return Answer(204)
        return xml("ListBucketResult") if "list-type" in asked.query else xml("ListUploads")

    def kept(self, path: str) -> Mapping[str, str]:
        """The metadata of what was stored there, as a HEAD has it."""
        notes: dict[str, str] = {}
        for each in self.server.asked:
            if each.path == path and each.operation in {"PUT", "create"}:
                notes = {n: v for n, v in each.headers.items() if n.startswith("x-amz-meta-")}
        return {**notes, "Content-Length": notes.get("x-amz-meta-size", "0")}
