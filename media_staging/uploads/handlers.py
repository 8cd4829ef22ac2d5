"""The handlers of uploads: a file is kept whole, or whoever asks for its bytes is told why not.

They work in any order with Django's own, and each without the other. A form behind either of them
is read by `forms`.
"""

import logging
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from tempfile import gettempdir
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest

from media_staging.area import staging
from media_staging.conf import conf
from media_staging.errors import (
    MediaStagingError,
    StagingFull,
    StagingUnavailable,
    UploadTooLarge,
)
from media_staging.uploads import forms

logger = logging.getLogger(__name__)

# What a body may hold besides its files: fields, and the lines between the parts.
FIELDS_BYTES = 10 * 1024**2
# The name of a temporary file ends like the upload's where that is plain.
PLAIN_ENDING = re.compile(r"\.[A-Za-z0-9]{1,20}$")


class LostUpload(UploadedFile):
    """An upload that was not kept. It has its name, type and true size; asking for its bytes, in
    whatever way, raises UploadTooLarge, StagingFull or StagingUnavailable."""

    def __init__(
        self, handler: FileUploadHandler, size: int, error: Callable[[], MediaStagingError]
    ) -> None:
        self.error = error
        super().__init__(
            None,
            handler.file_name,
            handler.content_type,
            size,
            handler.charset,
            handler.content_type_extra,
        )

    def lost(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise self.error()

    @property
    def file(self) -> NoReturn:
        """What all reading goes through."""
        raise self.error()

    @file.setter
    def file(self, value: object) -> None:
        """There is none."""

    open = chunks = multiple_chunks = temporary_file_path = __iter__ = __enter__ = lost
    closed = True

    def close(self) -> None:
        """Nothing is open."""


class WholeForms(FileUploadHandler):
    """Has the form read by `forms`, whichever of our handlers is asked first."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> tuple[Any, Any] | None:
        """Raises what `forms.read` raises."""
        if boundary is None:
            # The body is the file, and somebody else reads it.
            if isinstance(input_data, HttpRequest):
                body: Any = input_data
                body.read = forms.Announced(body.read, content_length)
            return None
        request = self.request
        if isinstance(input_data, forms.Form) or not request or self not in request.upload_handlers:
            return None
        form = forms.Form(input_data, content_length, boundary)
        return forms.read(list(request.upload_handlers), request, form, META, encoding)


class SizeLimitHandler(WholeForms):
    """Keeps nothing of a file that is larger than `MAX_UPLOAD_BYTES`, whichever field it is for.

    First in `FILE_UPLOAD_HANDLERS`: a long upload costs neither memory nor, beyond the limit,
    disk. A body that is longer than all files it may hold is refused before any of it is read.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> tuple[Any, Any] | None:
        """Raises RequestDataTooBig."""
        read = super().handle_raw_input(input_data, META, content_length, boundary, encoding)
        files = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        if read is None and files is not None:
            self._check(content_length, files)
        return read

    def _check(self, content_length: int, files: int) -> None:
        if content_length > files * conf().MAX_UPLOAD_BYTES + FIELDS_BYTES:
            raise RequestDataTooBig(f"a body of {content_length} bytes")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start + len(raw_data) <= conf().MAX_UPLOAD_BYTES else None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """None for what another handler has whole."""
        most = conf().MAX_UPLOAD_BYTES
        if file_size <= most:
            return None
        return LostUpload(self, file_size, partial(UploadTooLarge, self.file_name or "", most))


class SpoolHandler(WholeForms, TemporaryFileUploadHandler):
    """Django's, for a disk that may be full or not there.

    Its OSError would be a server error before any view sees the request. Here the rest of the
    upload is read and dropped, and whoever takes the file learns what happened.
    """

    # Of the disk, about the upload that is just arriving.
    failure: OSError | None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.failure = None
        ending = PLAIN_ENDING.search(self.file_name or "")
        name = f"upload{ending[0] if ending else ''}"
        more = (self.content_type, 0, self.charset, self.content_type_extra)
        try:
            self.file = TemporaryUploadedFile(name, *more)
        except OSError as error:
            self._fail(error)
        else:
            self.file.name = self.file_name

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.failure is None:
            try:
                super().receive_data_chunk(raw_data, start)
            except OSError as error:
                self._fail(error)
                self._drop()

    def file_complete(self, file_size: int) -> UploadedFile | None:
        try:
            if self.failure is None:
                return super().file_complete(file_size)
            failure = self.failure
        except OSError as error:
            failure = error
            self._fail(error)
            self._drop()
        return LostUpload(self, file_size, partial(not_kept, failure))

    def _fail(self, error: OSError) -> None:
        self.failure = error
        logger.error("Nothing is stored: %s", explained(error))

    def _drop(self) -> None:
        # Closing a temporary file removes it, also when the rest of its bytes finds no room.
        with suppress(OSError):
            self.file.close()


def not_kept(error: OSError) -> MediaStagingError:
    """Raised by whoever takes the upload."""
    return StagingFull() if error.errno in staging.FULL else StagingUnavailable(explained(error))


def explained(error: OSError) -> str:
    """For the log."""
    folder = settings.FILE_UPLOAD_TEMP_DIR or gettempdir()
    return (
        f"an upload could not be kept in {folder}: {error}. Mount that disk or make room on it, or "
        "set FILE_UPLOAD_TEMP_DIR to a folder that is there"
    )
