"""A browser that can be made to send anything, and the bodies it sends."""

import http.client
import json
import socket
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any

from PIL import Image

from dev.ports import LOOPBACK

File = tuple[str, str | bytes, bytes]  # field, file name, contents


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Browser:
    """Comes through a TLS proxy; keeps cookies, but no connection. Signed in if it has a name."""

    def __init__(self, port: int, name: str = "", password: str = "") -> None:
        self.port = port
        self.headers = {"X-Forwarded-Proto": "https", "Referer": f"https://{LOOPBACK}:{port}/"}
        self.cookies: dict[str, str] = {}
        self.get("/accounts/login/")
        if name:
            form = {"username": name, "password": password}
            assert self.post("/accounts/login/", fields=form).status == 302

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(
        self,
        path: str,
        *,
        fields: Mapping[str, str] | None = None,
        files: Sequence[File] = (),
        **headers: str,
    ) -> Answer:
        body, content_type = multipart(fields or {}, files)
        return self.request("POST", path, body, {"Content-Type": content_type, **headers})

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=60)
        try:
            connection.request(
                method, path, body or None, {**self.own_headers(), **(headers or {})}
            )
            return self.read(connection.getresponse())
        finally:
            connection.close()

    def own_headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        token = self.cookies.get("csrftoken", "")
        return {**self.headers, "Cookie": cookies, "X-CSRFToken": token}

    def read(self, response: http.client.HTTPResponse) -> Answer:
        for line in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return Answer(response.status, response.headers, response.read())

    # --- Half a request ------------------------------------------------------------------------

    def begin(self, path: str, content_type: str, length: int) -> socket.socket:
        """Send the head of a POST that announces `length` bytes; the caller sends what it likes."""
        head = {
            **self.own_headers(),
            "Host": f"{LOOPBACK}:{self.port}",
            "Content-Type": content_type,
        }
        lines = [f"POST {path} HTTP/1.1", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in head.items()]
        connection = socket.create_connection((LOOPBACK, self.port), timeout=60)
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return connection

    def answer(self, connection: socket.socket) -> Answer:
        response = http.client.HTTPResponse(connection, method="POST")
        response.begin()
        return self.read(response)


def multipart(fields: Mapping[str, str], files: Sequence[File]) -> tuple[bytes, str]:
    """A body and its content type. File names go in as they are: quotes are the caller's."""
    boundary = uuid.uuid4().hex
    body = BytesIO()
    for name, value in fields.items():
        body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode())
        body.write(b"\r\n\r\n" + value.encode() + b"\r\n")
    for field, name, data in files:
        raw = name if isinstance(name, bytes) else f'filename="{name}"'.encode()
        body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; '.encode())
        body.write(raw + b"\r\nContent-Type: text/html\r\n\r\n" + data + b"\r\n")
    body.write(f"--{boundary}--\r\n".encode())
    return body.getvalue(), f"multipart/form-data; boundary={boundary}"


@cache
def photo(form: str = "JPEG", size: tuple[int, int] = (60, 40), **options: Any) -> bytes:
    stream = BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(stream, form, **options)
    return stream.getvalue()
