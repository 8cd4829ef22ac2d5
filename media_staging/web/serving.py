"""Answers with the bytes of a stored file: whole, a range of them, or "not modified"."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from django.utils.http import content_disposition_header, parse_etags, quote_etag

from media_staging.models import StagedFile

CHUNK_BYTES = 64 * 1024
# More digits than any file has bytes are no range, and no work for int().
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def answer(request: HttpRequest, file: StagedFile, stored: BinaryIO) -> HttpResponseBase:
    """Closes `stored` in the end, however the download ends."""
    etag = quote_etag(file.sha256)
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if {etag, "*"} & {tag.removeprefix("W/") for tag in known}:
        stored.close()
        return isolated(HttpResponseNotModified(), file, etag)
    chosen = wanted_range(request, file.size, etag)
    if chosen is None:
        stored.close()
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{file.size}"
        return isolated(response, file, etag)
    start, end = chosen
    whole = (start, end) == (0, file.size)
    body = pieces(stored, start, end - start)
    if request.method == "HEAD":
        # Closing the response here would tell Django that the request is over.
        stored.close()
        body = iter(())
    partial = StreamingHttpResponse(body, status=200 if whole else 206)
    partial["Content-Length"] = str(end - start)
    if not whole:
        partial["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    return isolated(partial, file, etag)


def wanted_range(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """(start, end) of the bytes asked for; None where they are outside the file (RFC 9110, 14).

    Several ranges at once, a range that cannot be read and one for another version mean the whole.
    """
    match = RANGE.fullmatch(request.headers.get("Range", ""))
    if not match or request.headers.get("If-Range", etag) != etag:
        return 0, size
    first, last = match.groups()
    if not first and not last:
        return 0, size
    if not first:
        return (max(0, size - int(last)), size) if int(last) else None
    start, end = int(first), min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return 0, size
    return (start, end) if start < size else None


def pieces(stored: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    with stored:
        stored.seek(start)
        while length and (chunk := stored.read(min(CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk


def isolated(response: HttpResponseBase, file: StagedFile, etag: str) -> HttpResponseBase:
    """Whatever the bytes are, a browser only shows them as what we found them to be."""
    response["Content-Type"] = file.content_type
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    if not file.content_type.startswith("image/"):
        response["Content-Disposition"] = str(content_disposition_header(True, file.name))
    patch_cache_control(response, private=True, max_age=3600)
    return response
