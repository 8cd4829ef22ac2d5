"""Refusals in Cloudinary's shape."""

from collections.abc import Mapping

from dev.servers.http_server import Answer


class Refusal(Exception):
    """The request is not served: `{"error": {"message": …}}`, and the same words in a header."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.answer = Answer.of({"error": {"message": message}}, status)
        self.answer.headers["X-Cld-Error"] = message
        self.answer.headers.update(headers or {})
