"""Answers in Cloudinary's shapes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answer:
    """One HTTP answer, complete in memory."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Mapping[str, Any] | list[Any], status: int = 200) -> "Answer":
        body = json.dumps(fields).encode()
        return cls(status, body, {"Content-Type": "application/json; charset=utf-8"})


class Refusal(Exception):
    """The request is not served: `{"error": {"message": …}}`, and the same words in a header."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.answer = Answer.of({"error": {"message": message}}, status)
        self.answer.headers["X-Cld-Error"] = message
        self.answer.headers.update(headers or {})
