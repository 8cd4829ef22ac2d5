"""Who may call what, and how a refusal looks: a redirect or page for people, JSON for scripts.

Both decorators take the permission of each method: `@page(GET="products.view_product")`. What is
not named is answered with 405. JSON endpoints of one row may name a rule instead, which is asked
with the row's id and may say, by NotFound, that there is no such row for this person.
"""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, Protocol

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render
from django.utils.decorators import decorator_from_middleware
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from media_staging.errors import MediaStagingError, RequestUnreadable
from media_staging.uploads import answers
from products.errors import (
    CsrfFailed,
    Forbidden,
    NotFound,
    NotSignedIn,
    ProductsError,
    WrongMethod,
)


class View(Protocol):
    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase: ...


Decorator = Callable[[View], View]
Permission = str | Callable[[HttpRequest, int], bool]


def allowed_methods(permissions: Collection[str]) -> list[str]:
    return [*permissions, *(["HEAD"] if "GET" in permissions else [])]


def method_of(request: HttpRequest) -> str:
    return "GET" if request.method == "HEAD" else str(request.method)


def may(request: HttpRequest, permission: str) -> bool:
    return request.user.is_active and request.user.is_staff and request.user.has_perm(permission)


# --- Pages -----------------------------------------------------------------------------------


def page(**permissions: str) -> Decorator:
    """Anonymous: to the login page. Without the permission: 403. Another method: 405.

    The CSRF check comes inside, because it reads the body: only of who may send one.
    """
    methods = allowed_methods(permissions)

    def decorate(view: View) -> View:
        protected = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            if not request.user.is_authenticated:
                if request.method == "POST":
                    sentence = _("You are signed out, so nothing was done. Sign in and try again.")
                    messages.warning(request, sentence)
                return redirect_to_login(request.get_full_path())
            if not may(request, permissions[method_of(request)]):
                raise PermissionDenied
            return protected(request, *args, **kwargs)

        return guarded

    return decorate


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page with one sentence; also the project's `handler400`."""
    error = answers.understood(exception) or RequestUnreadable()
    context = {"message": error.message}
    return render(request, "400.html", context, status=error.http_status)


# --- JSON ------------------------------------------------------------------------------------


def json_error(error: ProductsError | MediaStagingError, **more: Any) -> JsonResponse:
    """`{"error": {"code", "message"}}`, after anything else that belongs to the answer."""
    details = error.details if isinstance(error, ProductsError) else {}
    body = {**more, **details, "error": {"code": error.code, "message": str(error.message)}}
    return JsonResponse(body, status=error.http_status)


class _JsonCsrf(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> JsonResponse:
        return json_error(CsrfFailed())


_csrf_protected = decorator_from_middleware(_JsonCsrf)


def json_endpoint(**permissions: Permission) -> Decorator:
    """As `page`, with JSON answers: 401, 403, 405, 404 for a row that is gone, 4xx for bad input.

    The CSRF check comes inside, because it reads the body: a body that cannot be read is then
    also answered in JSON.
    """
    methods = allowed_methods(permissions)

    def decorate(view: View) -> View:
        protected = _csrf_protected(view)

        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                check(request, permissions, methods, **kwargs)
                return protected(request, *args, **kwargs)
            except WrongMethod as error:
                return _with_allow(json_error(error), methods)
            except (ProductsError, MediaStagingError) as error:
                return json_error(error)
            except ObjectDoesNotExist:
                return json_error(NotFound())
            except answers.UNREADABLE as error:
                return json_error(answers.understood(error) or RequestUnreadable())

        return guarded

    return decorate


def check(
    request: HttpRequest, permissions: dict[str, Permission], methods: list[str], pk: int = 0
) -> None:
    if request.method not in methods:
        raise WrongMethod
    if not request.user.is_authenticated:
        raise NotSignedIn
    permission = permissions[method_of(request)]
    is_allowed = (
        may(request, permission) if isinstance(permission, str) else permission(request, pk)
    )
    if not is_allowed:
        raise Forbidden


def _with_allow(response: JsonResponse, methods: list[str]) -> JsonResponse:
    response.headers["Allow"] = ", ".join(methods)
    return response
