"""Reading forms: what Django understands stays as it is, however the bytes come in."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    SkipFile,
    StopUpload,
    TemporaryFileUploadHandler,
)
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from media_staging.uploads import SizeLimitHandler
from media_staging.uploads.forms import BrokenOff, Form, FormRefused, PartLost

BOUNDARY = b"x-boundary-x"
KIND = f"multipart/form-data; boundary={BOUNDARY.decode()}"


def part(head: str | bytes, content: bytes) -> bytes:
    head = head if isinstance(head, bytes) else head.encode()
    disposition = b"Content-Disposition: form-data; " + head
    return b"--" + BOUNDARY + b"\r\n" + disposition + b"\r\n\r\n" + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


class Trickle(BytesIO):
    """A body that comes in pieces of these sizes, over and over."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        super().__init__(data)
        self.sizes = sizes

    def read(self, size: int | None = -1) -> bytes:
        self.sizes.append(self.sizes.pop(0))
        return super().read(self.sizes[-1])


def passed_on(body: bytes, sizes: list[int], length: int | None = None) -> bytes:
    reader = Form(Trickle(body, sizes), len(body) if length is None else length, BOUNDARY)
    return b"".join(iter(lambda: reader.read(64), b""))


contents = st.binary(max_size=60) | st.sampled_from(
    [b"\r\n", b"\r\n--", b"--x-boundary", b"\r\n\r\n", b"\r\n--x-boundary-", b"-" * 40]
)
heads = st.sampled_from(
    ['name="title"', 'name="file"; filename="a.jpg"', 'name="file"; filename=""', "name=x"]
)
pieces = st.lists(st.integers(1, 40), min_size=1, max_size=4)


@given(st.lists(st.tuples(heads, contents), max_size=4), pieces)
def test_a_good_form_is_passed_on_as_it_is(
    parts: list[tuple[str, bytes]], sizes: list[int]
) -> None:
    named = [(head, b"" if 'filename=""' in head else content) for head, content in parts]
    body = form(*(part(head, content) for head, content in named))
    assert passed_on(body, sizes) == body


@given(st.binary(max_size=400), pieces)
def test_any_bytes_are_passed_on_the_same_however_they_come(noise: bytes, sizes: list[int]) -> None:
    body = noise.replace(b"\x00", b"--" + BOUNDARY).replace(b"\x01", b"\r\n\r\n")
    assert passed_on(body, sizes) == passed_on(body, [10_000])


@given(st.lists(st.tuples(heads, contents), min_size=1, max_size=3), pieces, st.integers(1, 500))
def test_a_body_that_is_too_short_is_always_an_error(
    parts: list[tuple[str, bytes]], sizes: list[int], missing: int
) -> None:
    body = form(*(part(head, content) for head, content in parts))
    with pytest.raises(BrokenOff):
        passed_on(body, sizes, len(body) + missing)


# --- As Django reads it ------------------------------------------------------------------------


def django_reads(body: bytes) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    meta = {"CONTENT_TYPE": KIND, "CONTENT_LENGTH": len(body)}
    handlers = [MemoryFileUploadHandler()]
    post, files = MultiPartParser(meta, BytesIO(body), handlers).parse()
    return dict(post.lists()), [(each.name, each.read()) for each in files.getlist("file")]


def we_read(body: bytes, *handlers: type[FileUploadHandler]) -> Any:
    request = RequestFactory().generic("POST", "/", body, content_type=KIND)
    chosen = handlers or (SizeLimitHandler, MemoryFileUploadHandler)
    request.upload_handlers = [each(request) for each in chosen]
    files = [(each.name, each.read()) for each in request.FILES.getlist("file")]
    return dict(request.POST.lists()), files


@given(st.lists(st.tuples(heads, contents), max_size=4))
def test_a_good_form_reads_as_django_reads_it(parts: list[tuple[str, bytes]]) -> None:
    named = [(head, b"" if 'filename=""' in head else content) for head, content in parts]
    body = form(*(part(head, content) for head, content in named))
    assert we_read(body) == django_reads(body)


@given(st.data())
def test_a_form_that_is_cut_and_says_so_is_refused(data: st.DataObject) -> None:
    """The announced length is that of what is there: no reader would miss anything."""
    named = data.draw(st.lists(st.tuples(heads, contents), min_size=1, max_size=3))
    body = form(*(part(head, b"" if '=""' in head else content) for head, content in named))
    cut = body[: data.draw(st.integers(1, len(body) - len("--\r\n")))]
    with pytest.raises((FormRefused, MultiPartParserError)):
        we_read(cut)


# Names that are sent, and how the file's begins and ends then.
MENDED: dict[bytes, tuple[str, str]] = {
    b'filename="caf\xe9.jpg"': ("caf\ufffd", ".jpg"),
    b'filename=""': ("unnamed", "unnamed"),
    b"filename*=UTF-8''": ("unnamed", "unnamed"),
    b'filename=".."': ("unnamed", "unnamed"),
    b'filename="a/b/"': ("unnamed", "unnamed"),
    b"filename*=UTF-8''%E2%80%AE": ("unnamed", "unnamed"),
    b'filename="' + b"long " * 300 + b'.jpg"': ("long " * 16, ".jpg"),
    b'filename="' + b'\\"q' * 600 + b'.jpg"': ('"q' * 40, ".jpg"),
    b"filename*=UTF-8''" + b"%0D%0A" * 10 + b"%41" * 900 + b".jpg": ("A" * 60, "A.jpg"),
    b'filename="a.jpg"; x="' + b"y" * 2000 + b'"': ("a.jpg", "a.jpg"),
}


@pytest.mark.parametrize("head", MENDED, ids=lambda head: repr(head[:24]))
def test_a_file_is_delivered_whatever_its_name(head: bytes) -> None:
    body = form(
        part('name="title"', b"A title"),
        part(b'name="file"; ' + head, b"one"),
        part('name="file"; filename="two.jpg"', b"two"),
    )
    post, files = we_read(body)
    assert post == {"title": ["A title"]}
    assert [content for _name, content in files] == [b"one", b"two"]
    beginning, end = MENDED[head]
    assert files[0][0].startswith(beginning)
    assert files[0][0].endswith(end)


@pytest.mark.parametrize("body", [b"", b"--", b"no form", form()[:-6], b"\r\n" * 600])
def test_what_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(FormRefused):
        we_read(body or b" ")


def test_an_empty_form_is_one() -> None:
    assert we_read(form()) == ({}, [])


def test_a_header_of_many_lines_is_read() -> None:
    head = 'name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\nX-More: x'
    assert we_read(form(part(head, b"a"))) == ({}, [("a.jpg", b"a")])


# --- Handlers of a project ---------------------------------------------------------------------


class Skips(FileUploadHandler):
    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if self.file_name == "skip.jpg":
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class Stops(Skips):
    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if self.file_name == "skip.jpg":
            raise StopUpload
        return raw_data


@pytest.mark.parametrize(("handler", "left"), [(Skips, ["a.jpg", "b.jpg"]), (Stops, ["a.jpg"])])
def test_a_handler_of_the_project_may_leave_a_file_out(
    handler: type[FileUploadHandler], left: list[str]
) -> None:
    names = ("a.jpg", "skip.jpg", "b.jpg")
    body = form(*(part(f'name="file"; filename="{name}"', b"x") for name in names))
    request = RequestFactory().generic("POST", "/", body, content_type=KIND)
    chosen = (SizeLimitHandler, handler, TemporaryFileUploadHandler)
    request.upload_handlers = [each(request) for each in chosen]
    assert [each.name for each in request.FILES.getlist("file")] == left


def test_a_handler_that_reads_the_form_itself_goes_first() -> None:
    class Own(Skips):
        def handle_raw_input(self, *args: Any, **kwargs: Any) -> Any:
            return {"own": "form"}, {}

    request = RequestFactory().generic("POST", "/", form(), content_type=KIND)
    request.upload_handlers = [Own(request), SizeLimitHandler(request)]
    assert request.POST == {"own": "form"}


@pytest.fixture
def lost_part() -> Iterator[bytes]:
    yield form(part('name="file"; filename="a.jpg"', b"a"), part('filename="b.jpg"', b"b"))


def test_a_part_that_is_lost_is_an_error_and_the_others_are_closed(lost_part: bytes) -> None:
    request = RequestFactory().generic("POST", "/", lost_part, content_type=KIND)
    spool = TemporaryFileUploadHandler(request)
    request.upload_handlers = [SizeLimitHandler(request), spool]
    with pytest.raises(PartLost):
        _ = request.FILES
    assert spool.file.file.closed
