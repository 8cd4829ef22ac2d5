"""Axe finds nothing on any page, in either language, light or dark."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import RequestFactory
from django.utils import translation
from django.views import defaults
from playwright.sync_api import Browser, Page, expect

from products import access
from products.models import Product
from tests.e2e import axe
from tests.e2e.complaints import Complaints
from tests.e2e.conftest import sign_in
from tests.e2e.panel import ON_S3
from tests.e2e.states import STATES, grid_with_an_open_menu

pytestmark = ON_S3

LOCALES = {"en": "en-GB", "tr": "tr-TR"}

# --- Pages that a shop with products and without mistakes does not show --------------------------


def no_products_yet(request: HttpRequest) -> HttpResponse:
    page = Paginator(Product.objects.none(), 1).page(1)
    context = {"page_obj": page, "statuses": Product.Status.choices, "can_add": True}
    return render(request, "products/list.html", context)


def error_400(request: HttpRequest) -> HttpResponse:
    return access.bad_request(request, BadRequest("The form is cut off."))


def error_403(request: HttpRequest) -> HttpResponse:
    return defaults.permission_denied(request, PermissionDenied())


def error_404(request: HttpRequest) -> HttpResponse:
    return defaults.page_not_found(request, Http404())


def error_500(request: HttpRequest) -> HttpResponse:
    return defaults.server_error(request)


RENDERED: list[Callable[[HttpRequest], HttpResponse]] = [
    no_products_yet,
    error_400,
    error_403,
    error_404,
    error_500,
]


def show(page: Page, language: str, view: Callable[[HttpRequest], HttpResponse]) -> None:
    """The page as the site would answer, with the styles and scripts of the running shop."""
    request = RequestFactory().get(f"/{view.__name__}/")
    request.user = AnonymousUser()
    with translation.override(language):
        body = view(request).content
    address = f"**/{view.__name__}/"
    page.route(address, lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(f"/{view.__name__}/")
    page.unroute(address)


# --- The look ------------------------------------------------------------------------------------


@pytest.fixture
def visitor(browser: Browser, site: str, language: str) -> Iterator[Page]:
    """Signed in, with a browser of that language."""
    context = browser.new_context(base_url=site, locale=LOCALES[language])
    context.set_default_timeout(20_000)
    sign_in(context)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("language", LOCALES)
def test_axe_finds_nothing_on_any_page(
    visitor: Page, complaints: Complaints, language: str
) -> None:
    complaints.expect("status of 403", "status of 429")
    complaints.listen(visitor)
    found: dict[str, list[list[str]]] = {}
    # The states end signed out and locked out, so what needs neither comes first.
    for view in RENDERED:
        show(visitor, language, view)
        found[view.__name__] = findings_in(visitor, language)
    for state in STATES:
        state(visitor)
        # An open menu covers cells of the grid, and axe takes what is covered for too small.
        root = "#row-menu" if state is grid_with_an_open_menu else "html"
        found[state.__name__] = findings_in(visitor, language, root)
    assert {name: problems for name, problems in found.items() if problems} == {}
    assert complaints.unexpected == []


def findings_in(page: Page, language: str, root: str = "html") -> list[list[str]]:
    expect(page.locator("html")).to_have_attribute("lang", language)
    return axe.findings_in_all_colours(page, root)
