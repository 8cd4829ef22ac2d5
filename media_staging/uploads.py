"""What happens to a file while it is still arriving, before any view sees it."""

from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
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


class UnstoredUpload(UploadedFile):
    """An upload that the disk did not take while it arrived; the intake raises `failure`."""

    def __init__(self, name: str, size: int, failure: OSError | None) -> None:
        super().__init__(BytesIO(), name, size=size)
        self.failure = failure


class SpoolHandler(TemporaryFileUploadHandler):
    """Django's, for a disk that may be full or not there.

    Its OSError would be a server error before any view sees the request. Here the rest of the
    upload is read and dropped, and whoever takes the file learns what happened.
    """

    failure: OSError | None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.failure = None
        try:
            super().new_file(*args, **kwargs)
        except OSError as error:
            self.failure = error

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.failure is None:
            try:
                super().receive_data_chunk(raw_data, start)
            except OSError as error:
                self._give_up(error)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        try:
            if self.failure is None:
                return super().file_complete(file_size)
        except OSError as error:
            self._give_up(error)
        return UnstoredUpload(self.file_name or "", file_size, self.failure)

    def _give_up(self, error: OSError) -> None:
        self.failure = error
        # Closing a temporary file removes it, also when the rest of its bytes finds no room.
        with suppress(OSError):
            self.file.close()
