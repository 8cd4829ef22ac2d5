"""A request whose body breaks off is an error, not a shorter request.

A client that goes away in the middle of its third photo would otherwise have sent two: a server
reports the end of the connection as the end of the body. In `wsgi.py`::

    application = WholeBodies(get_wsgi_application())

Whoever reads the body then gets an OSError, which Django turns into UnreadablePostError.
"""

from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class WholeBodies:
    """The application behind it sees bodies of exactly the length that their header announces."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        announced = environ.get("CONTENT_LENGTH") or ""
        if announced.isdecimal():
            environ["wsgi.input"] = Body(environ["wsgi.input"], int(announced))
        return self.application(environ, start_response)


class Body:
    """Raises OSError where the stream ends with `missing` bytes to come."""

    def __init__(self, stream: BinaryIO, missing: int) -> None:
        self.stream = stream
        self.missing = missing

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        return self.counted(data, ended=size < 0 or len(data) < size)

    def readline(self, size: int = -1) -> bytes:
        line = self.stream.readline(size)
        return self.counted(line, ended=not line and size != 0)

    def counted(self, data: bytes, *, ended: bool) -> bytes:
        self.missing -= len(data)
        if ended and self.missing > 0:
            raise OSError(f"the request broke off, {self.missing} bytes are missing")
        return data
