"""A form with files, read so that nothing that was sent gets lost without a word.

Django's parser takes the end of a connection for the end of a form, and skips a part whose header
it cannot make sense of: of three photos two are saved. Here such a header is mended where it can
be (a name that is not UTF-8, is too long, or of which nothing is left); anything else that was sent
and not delivered makes the whole form an error.
"""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext_lazy as _

from media_staging.errors import RequestUnreadable

# What a file is called whose name has no letter that can be shown.
UNNAMED: Final = "unnamed"
HEADER_END: Final = b"\r\n\r\n"
# Django's MAX_TOTAL_HEADER_SIZE, and up to where a longer header is looked into.
LONGEST_HEADER: Final = 1024
LONGEST_MENDED: Final = 64 * 1024
# A name as browsers send it, and not an empty one.
NAMED: Final = re.compile(rb'; filename="[^"]')
# Of a name that is too long: letters of its beginning and of its end.
KEPT_OF_NAME: Final = (80, 20)
# Where a request keeps the error that its form met with.
FAILURE: Final = "_media_staging_failure"


class FormRefused(MultiPartParserError, RequestUnreadable):
    """Django answers it with 400 wherever it is raised, and no view gets an empty form instead."""


class BrokenOff(FormRefused):
    def __init__(self) -> None:
        sentence = _("The upload broke off, so nothing of it was taken. Send it again.")
        super().__init__(sentence, code="broken_off")


class PartLost(FormRefused):
    def __init__(self) -> None:
        sentence = _(
            "A part of the upload could not be read, so nothing of it was taken. "
            "Give the files other names and send them again."
        )
        super().__init__(sentence, code="unreadable_part")


class LengthMissing(RequestUnreadable):
    http_status = HTTPStatus.LENGTH_REQUIRED

    def __init__(self) -> None:
        sentence = _("The upload does not say how long it is. Send it with a Content-Length.")
        super().__init__(sentence, code="length_required")


def has_no_length(request: HttpRequest) -> bool:
    """Whether it is a form in chunks, which Django takes for an empty one."""
    in_chunks = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    is_form = request.content_type == "multipart/form-data"
    return in_chunks and is_form and not request.META.get("CONTENT_LENGTH")


# --- Reading ----------------------------------------------------------------------------------


def read(
    handlers: list[FileUploadHandler],
    request: HttpRequest,
    form: "Form",
    meta: dict[str, Any],
    encoding: str | None,
) -> tuple[Any, Any]:
    """The fields and the files. After an error, which the request remembers, no handler keeps any.

    Raises what Django's parser raises, or FormRefused.
    """
    try:
        fields, files = Parser(form, meta, handlers, encoding).parse()
    except Exception as error:
        for handler in handlers:
            handler.upload_interrupted()
        setattr(request, FAILURE, error)
        raise
    delivered = [upload for _name, uploads in files.lists() for upload in uploads]
    for handler in handlers:
        kept = getattr(handler, "file", None)
        if isinstance(kept, TemporaryUploadedFile) and not any(kept is each for each in delivered):
            # Part of an upload that was too large.
            kept.close()
    return fields, files


class Announced:
    """`read` of a body of `length` bytes. Raises BrokenOff where it ends early."""

    def __init__(self, read: Callable[..., bytes], length: int) -> None:
        self.read = read
        self.missing = length

    def __call__(self, size: int = -1) -> bytes:
        try:
            data = self.read(size)
        except UnreadablePostError as error:
            raise BrokenOff from error
        self.missing -= len(data)
        if self.missing > 0 and (size < 0 or not data):
            raise BrokenOff
        return data


class Form:
    """The body of a form as Django's parser reads it, with headers that it understands."""

    def __init__(self, body: Any, length: int, boundary: bytes) -> None:
        # MemoryFileUploadHandler asks it for the true length.
        self._stream = getattr(body, "_stream", body)
        self.read_body = Announced(body.read, length)
        self.delimiter = b"--" + boundary
        # How many there were: one before each part, and one at the end, which two hyphens follow.
        self.delimiters = 0
        self.is_ended = False
        self.held = b""
        self.in_header = False

    def read(self, size: int = -1) -> bytes:
        """About as much; nothing only at the end."""
        while True:
            data = self.read_body(size)
            self.held += data
            ready = self.mended(ended=not data)
            if ready or not data:
                return ready

    def mended(self, *, ended: bool) -> bytes:
        """What can be passed on of what is held. The rest waits for the bytes that come next."""
        passed: list[bytes] = []
        at = 0
        while True:
            if self.in_header:
                found = self.header(at, passed, ended=ended)
                if found is None:
                    break
                at, self.in_header = found, False
            delimiter = self.held.find(self.delimiter, at)
            if delimiter < 0:
                waiting = 0 if ended else len(self.delimiter) - 1
                end = max(at, len(self.held) - waiting)
                passed.append(self.held[at:end])
                at = end
                break
            end = delimiter + len(self.delimiter)
            passed.append(self.held[at:end])
            at, self.in_header = end, True
            self.delimiters += 1
        self.held = self.held[at:]
        return b"".join(passed)

    def header(self, at: int, passed: list[bytes], *, ended: bool) -> int | None:
        """Pass the header of a part on. Returns where it ends; None while it is not here whole."""
        if not ended and len(self.held) < at + 2:
            return None
        self.is_ended = self.held.startswith(b"--", at)
        end = self.held.find(HEADER_END, at)
        if self.held.find(self.delimiter, at, end if end >= 0 else None) >= 0:
            # No header: the end of the form, or something that Django will not deliver.
            return at
        content = end + len(HEADER_END)
        enough = len(self.delimiter) + 2
        if not ended and (end < 0 or len(self.held) < content + enough):
            return None if len(self.held) < at + LONGEST_MENDED + enough else at
        if end < 0:
            return at
        is_empty = self.held.startswith(b"\r\n" + self.delimiter, content)
        passed.append(mended(self.held[at:end], is_empty=is_empty) + HEADER_END)
        return content


class Parser(MultiPartParser):
    """Django's, which notices what it did not deliver."""

    def __init__(
        self,
        form: Form,
        meta: dict[str, Any],
        handlers: list[FileUploadHandler],
        encoding: str | None,
    ) -> None:
        data: Any = form
        super().__init__(meta, data, handlers, encoding)
        self.form = form
        self.files = 0
        self.given_up = False

    def parse(self) -> tuple[Any, Any]:
        fields, files = super().parse()
        delivered = self.files + sum(len(values) for _name, values in fields.lists())
        is_whole = self.form.is_ended and self.form.delimiters == delivered + 1
        if not is_whole and not self.given_up:
            for _name, uploads in files.lists():
                for upload in uploads:
                    upload.close()
            raise PartLost
        return fields, files

    def sanitize_file_name(self, file_name: str) -> str:
        self.files += 1
        return super().sanitize_file_name(file_name) or UNNAMED

    def _close_files(self) -> None:
        """An upload handler of the project takes no more, and means it."""
        self.given_up = True
        super()._close_files()  # type: ignore[misc]


# --- Headers ----------------------------------------------------------------------------------


def mended(header: bytes, *, is_empty: bool) -> bytes:
    """A header that Django makes a file of; the same where it does already.

    A file input that was left empty has no name and no content, and stays a field.
    """
    is_short = len(header) + len(HEADER_END) <= LONGEST_HEADER
    if is_short and header.isascii() and (b"filename" not in header or NAMED.search(header)):
        return header
    text = header.decode(errors="replace")
    is_long = len(text.encode()) + len(HEADER_END) > LONGEST_HEADER
    lines = text.split("\r\n")
    for number, line in enumerate(lines):
        if "filename" in line and line.lower().startswith("content-disposition:"):
            lines[number] = named(line, is_empty=is_empty, is_long=is_long)
    return "\r\n".join(lines).encode()


def named(disposition: str, *, is_empty: bool, is_long: bool) -> str:
    try:
        parameters = parse_header_parameters(disposition)[1]
        field, name = parameters["name"], parameters["filename"]
    except (KeyError, ValueError, LookupError):
        return disposition
    if not is_long and (name or is_empty):
        return disposition
    if is_long:
        beginning, end = KEPT_OF_NAME
        name = name[:beginning] + name[beginning:][-end:]
    head = "Content-Disposition: form-data"
    return f'{head}; name="{quoted(field)}"; filename="{quoted(name or UNNAMED)}"'


def quoted(value: str) -> str:
    """In one line; Django leaves out of names what cannot be printed."""
    line = "".join(letter for letter in value if letter.isprintable())
    return line.replace("\\", "\\\\").replace('"', '\\"')
