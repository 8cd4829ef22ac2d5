"""Around every view: what broke off is removed, and what is not taken gets an answer."""

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from media_staging.errors import MediaStagingError, StagingUnavailable
from media_staging.uploads import answers, forms

logger = logging.getLogger(__name__)
# These have no body.
WITHOUT_UPLOADS = {"GET", "HEAD", "OPTIONS", "TRACE"}


class InterruptedUploads:
    """What an upload that broke off left on the disk is removed with the answer.

    Django leaves it to the garbage collector, which may take hours: request and upload handlers
    refer to each other.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method not in WITHOUT_UPLOADS:
            for handler in request.upload_handlers:
                handler.upload_interrupted()
        return response


class UploadErrors(MiddlewareMixin):
    """An upload that is not taken is answered with its reason: 400, 413, 507 or 503, as a page or
    as JSON, also where the view, DRF or the admin knows nothing of our errors.

    Last in `MIDDLEWARE`, so that it can tell what the CSRF check met with when it read the form.
    """

    # Set on a request that has got past all other middleware.
    REACHED_VIEW = "_media_staging_reached_view"

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if forms.has_no_length(request):
            return self.answered(request, forms.LengthMissing())
        return None

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        setattr(request, self.REACHED_VIEW, True)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        error = answers.understood(exception)
        return self.answered(request, error) if error else None

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        failure = getattr(request, forms.FAILURE, None)
        if failure is None or hasattr(request, self.REACHED_VIEW):
            return response
        error = answers.understood(failure)
        return self.answered(request, error) if error else response

    def answered(self, request: HttpRequest, error: MediaStagingError) -> HttpResponse:
        if isinstance(error, StagingUnavailable):
            logger.error("Nothing is stored: %s", error.reason)
        return answers.answer(request, error)
