"""What happens to a file while it is still arriving, before any view sees it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from media_staging.conf import conf

# What a body may hold besides its files: fields, and the lines between the parts.
FIELDS_BYTES = 10 * 1024**2


class SizeLimitHandler(FileUploadHandler):
    """Keeps at most one byte more than `MAX_UPLOAD_BYTES` of a file; the intake then refuses it.

    First in `FILE_UPLOAD_HANDLERS`: the rest of a long upload costs neither memory nor disk. A
    body that is longer than all files it may hold is refused before any of it is read.
    """

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any
    ) -> None:
        """Raises RequestDataTooBig."""
        files = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        if files is not None and content_length > files * conf().MAX_UPLOAD_BYTES + FIELDS_BYTES:
            raise RequestDataTooBig(f"a body of {content_length} bytes")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.room = conf().MAX_UPLOAD_BYTES + 1

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        kept = raw_data[: self.room]
        self.room -= len(kept)
        return kept or None

    def file_complete(self, file_size: int) -> None:
        """Another handler makes the file."""


class InterruptedUploads:
    """Middleware: what an upload that broke off left on the disk is removed with the answer.

    Django leaves it to the garbage collector, which may take hours: request and upload handlers
    refer to each other.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method == "POST":
            for handler in request.upload_handlers:
                handler.upload_interrupted()
        return response
