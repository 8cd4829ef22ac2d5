"""How an upload that is not taken is answered, whichever view it was for."""

from typing import Final

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from media_staging.errors import (
    FileGone,
    MediaStagingError,
    RequestTooLarge,
    RequestUnreadable,
    StagingFull,
    StagingUnavailable,
    TooManyFiles,
    UploadRefused,
)

# A project's own page; its context is `message`. Without it, a plain one.
TEMPLATE: Final = "media_staging/upload_error.html"
PLAIN: Final = """<!doctype html>
<html lang="{}" dir="{}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{}</title>
<h1>{}</h1>
<p>{}</p>
<p>{}</p>
</html>
"""
JSON, HTML = "application/json", "text/html"
# What reading a request's body raises, beside errors of ours.
UNREADABLE = (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
    MultiPartParserError,
    UnreadablePostError,
)


def understood(error: Exception) -> MediaStagingError | None:
    """The error of an upload, or of a body that cannot be read, as one of ours; None for others."""
    match error:
        case UploadRefused() | RequestUnreadable() | StagingFull() | StagingUnavailable():
            return error
        case FileGone():
            return error
        case RequestDataTooBig():
            return RequestTooLarge()
        case TooManyFilesSent():
            return TooManyFiles(settings.DATA_UPLOAD_MAX_NUMBER_FILES or 0)
    return RequestUnreadable() if isinstance(error, UNREADABLE) else None


def answer(request: HttpRequest, error: MediaStagingError) -> HttpResponse:
    """JSON for who likes it better than a page."""
    if request.get_preferred_type([HTML, JSON]) != JSON:
        return HttpResponse(page(request, str(error.message)), status=error.http_status)
    body: dict[str, object] = {"error": {"code": error.code, "message": str(error.message)}}
    if isinstance(error, UploadRefused):
        body = {"errors": [refusal(error)], **body}
    return JsonResponse(body, status=error.http_status)


def refusal(error: UploadRefused) -> dict[str, str]:
    return {"name": error.name, "code": error.code, "message": str(error.message)}


def page(request: HttpRequest, message: str) -> str:
    try:
        return render_to_string(TEMPLATE, {"message": message}, request)
    except TemplateDoesNotExist:
        title = _("That did not work")
        advice = _("Nothing was stored. Go back and try again.")
        direction = "rtl" if get_language_bidi() else "ltr"
        return format_html(PLAIN, get_language() or "en", direction, title, title, message, advice)
