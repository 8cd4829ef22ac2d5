"""What a request can do wrong. Each error carries a machine word, a sentence and an HTTP status."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Message = str | Promise


class ProductsError(Exception):
    """Root of this app's errors."""

    code = "bad_request"
    http_status = HTTPStatus.BAD_REQUEST
    # What the JSON answer says beside `error`.
    details: Mapping[str, Any] = {}

    def __init__(self, message: Message, *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code


class BadRequest(ProductsError):
    """The request is not what the contract expects; nothing was changed."""


class NotSignedIn(ProductsError):
    code = "not_signed_in"
    http_status = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__(_("You are signed out. Sign in again."))


class Forbidden(ProductsError):
    code = "forbidden"
    http_status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(_("You do not have permission to do this."))


class CsrfFailed(ProductsError):
    code = "csrf_failed"
    http_status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            _("The security check failed. Open this site in another tab, then try again here.")
        )


class NotFound(ProductsError):
    code = "not_found"
    http_status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        super().__init__(_("This does not exist any more."))


class SomebodyElses(NotFound):
    """A form for a new product that somebody else began in this browser."""

    def __init__(self) -> None:
        super(NotFound, self).__init__(
            _("Somebody else began this product. Sign in as before, or start a new product.")
        )


class WrongMethod(ProductsError):
    code = "method_not_allowed"
    http_status = HTTPStatus.METHOD_NOT_ALLOWED

    def __init__(self) -> None:
        super().__init__(_("This address does not take such requests."))


class BadOrder(ProductsError):
    code = "bad_order"

    def __init__(self) -> None:
        super().__init__(_("The images changed meanwhile. Reload the page and order them again."))


class TooLate(ProductsError):
    code = "too_late"
    http_status = HTTPStatus.GONE

    def __init__(self) -> None:
        super().__init__(_("It is too late to restore this image."))
