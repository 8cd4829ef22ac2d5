"""Who may do what, and what a refusal looks like."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from products.models import Product
from tests.products.shop import add_photos, error_code, make_user, photo, send_json, signed_in

VIEW, ADD = "products.view_product", "products.add_product"
CHANGE, DELETE = "products.change_product", "products.delete_product"

PAGES = [
    ("get", "/products/", VIEW),
    ("get", "/products/new/", ADD),
    ("post", "/products/new/", ADD),
    ("get", "/products/{product}/", VIEW),
    ("post", "/products/{product}/", CHANGE),
    ("post", "/products/{product}/delete/", DELETE),
]
JSON = [
    ("get", "/products/{product}/images/", VIEW),
    ("post", "/products/{product}/images/", CHANGE),
    ("post", "/products/{product}/reorder-images/", CHANGE),
    ("post", "/products/{product}/variants/", CHANGE),
    ("patch", "/products/images/{image}/", CHANGE),
    ("delete", "/products/images/{image}/delete/", CHANGE),
    ("post", "/products/images/{image}/delete/", CHANGE),
    ("post", "/products/images/{image}/restore/", CHANGE),
    ("post", "/products/images/{image}/retry/", CHANGE),
    ("post", "/products/images/{image}/replace/", CHANGE),
]
UNUSED_METHODS = [
    ("delete", "/products/{product}/images/"),
    ("get", "/products/{product}/reorder-images/"),
    ("get", "/products/{product}/variants/"),
    ("post", "/products/images/{image}/"),
    ("get", "/products/images/{image}/delete/"),
    ("get", "/products/images/{image}/restore/"),
    ("put", "/products/images/{image}/retry/"),
    ("get", "/products/images/{image}/replace/"),
]


@pytest.fixture
def ids(staff: Client, product: Product) -> dict[str, int]:
    return {"product": product.pk, "image": add_photos(staff, product, "mug.jpg")[0]}


def call(client: Client, method: str, path: str, ids: dict[str, int]) -> Any:
    return getattr(client, method)(path.format(**ids))


@pytest.mark.parametrize(("method", "path", "permission"), PAGES)
def test_page_sends_strangers_to_the_login(
    client: Client, ids: dict[str, int], method: str, path: str, permission: str
) -> None:
    answer = call(client, method, path, ids)
    assert answer.status_code == 302
    assert answer.url == f"/accounts/login/?next={path.format(**ids)}"


@pytest.mark.parametrize(("method", "path", "permission"), JSON)
def test_json_answers_strangers_with_401(
    client: Client, ids: dict[str, int], method: str, path: str, permission: str
) -> None:
    answer = call(client, method, path, ids)
    assert answer.status_code == 401
    assert error_code(answer) == "not_signed_in"


@pytest.mark.parametrize(("method", "path", "permission"), PAGES + JSON)
def test_other_permissions_do_not_help(
    ids: dict[str, int], method: str, path: str, permission: str
) -> None:
    others = {VIEW, ADD, CHANGE, DELETE} - {permission}
    answer = call(signed_in(make_user(*others)), method, path, ids)
    assert answer.status_code == 403
    if (method, path, permission) in JSON:
        assert error_code(answer) == "forbidden"


@pytest.mark.parametrize(("method", "path", "permission"), PAGES + JSON)
def test_the_permission_is_enough(
    ids: dict[str, int], method: str, path: str, permission: str
) -> None:
    answer = call(signed_in(make_user(permission)), method, path, ids)
    assert answer.status_code not in {401, 403, 404, 405}
    assert answer.status_code < 500


@pytest.mark.parametrize(("method", "path", "permission"), PAGES + JSON)
def test_the_permission_without_being_staff_is_not_enough(
    ids: dict[str, int], method: str, path: str, permission: str
) -> None:
    answer = call(signed_in(make_user(permission, staff=False)), method, path, ids)
    assert answer.status_code == 403


@pytest.mark.parametrize(("method", "path"), UNUSED_METHODS)
def test_json_answers_a_wrong_method_with_405(
    staff: Client, ids: dict[str, int], method: str, path: str
) -> None:
    answer = call(staff, method, path, ids)
    assert answer.status_code == 405
    assert error_code(answer) == "method_not_allowed"
    assert answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/products/{product}/delete/"])
def test_page_answers_a_wrong_method_with_405(
    staff: Client, ids: dict[str, int], path: str
) -> None:
    assert call(staff, "get", path, ids).status_code == 405


@pytest.mark.parametrize("unknown", [987_654_321, 10**30])
@pytest.mark.parametrize(("method", "path", "permission"), JSON)
def test_json_answers_an_unknown_id_with_404(
    staff: Client, method: str, path: str, permission: str, unknown: int
) -> None:
    url = path.format(product=unknown, image=unknown)
    if method == "get":
        answer = staff.get(url)
    elif url.endswith(("/images/", "/replace/")):
        answer = staff.post(url, {"images": photo(), "image": photo()})
    else:
        answer = send_json(staff, url, {"order": [], "variants": [], "alt": "x"}, method)
    assert answer.status_code == 404
    assert error_code(answer) == "not_found"


def test_a_page_of_an_unknown_product_is_a_404(staff: Client) -> None:
    assert staff.get("/products/987654321/").status_code == 404
    assert staff.post("/products/987654321/", {"name": "x"}).status_code == 404
    assert staff.post("/products/987654321/delete/").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for method, path, _ in JSON if method != "get"]
)
def test_json_without_csrf_token_is_refused_in_json(
    staff: Client, ids: dict[str, int], method: str, path: str
) -> None:
    client = signed_in(User.objects.get(username="boss"), enforce_csrf_checks=True)
    answer = call(client, method, path, ids)
    assert answer.status_code == 403
    assert error_code(answer) == "csrf_failed"


def test_json_with_csrf_header_passes(staff: Client, ids: dict[str, int]) -> None:
    client = signed_in(User.objects.get(username="boss"), enforce_csrf_checks=True)
    client.get(f"/products/{ids['product']}/")
    token = client.cookies["csrftoken"].value
    answer = client.post(f"/products/images/{ids['image']}/retry/", headers={"X-CSRFToken": token})
    assert answer.status_code == 200


@pytest.mark.parametrize(("method", "path", "permission"), [p for p in PAGES if p[0] == "post"])
def test_pages_need_the_csrf_token_too(
    staff: Client, ids: dict[str, int], method: str, path: str, permission: str
) -> None:
    client = signed_in(User.objects.get(username="boss"), enforce_csrf_checks=True)
    assert call(client, method, path, ids).status_code == 403


@pytest.mark.parametrize(
    "path",
    [path for _, path, _ in JSON if "reorder" in path]
    + ["/products/{product}/variants/", "/products/images/{image}/"],
)
@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'"x"', b"null", b"\xff\xfe{}", b"{}", b"[" * 100_000,
        b'{"order": NaN, "variants": NaN, "alt": NaN}',
        b'{"order": {}, "variants": {}, "alt": {}}',
        b'{"order": 1' + b"1" * 5000 + b"}",
    ],
)  # fmt: skip
def test_a_body_that_is_not_the_expected_json_is_a_400(
    staff: Client, ids: dict[str, int], path: str, body: bytes
) -> None:
    method = "patch" if path.endswith("{image}/") else "post"
    answer = send_json(staff, path.format(**ids), body, method)
    assert answer.status_code == 400
    assert error_code(answer) in {"bad_json", "bad_order"}


def test_form_data_where_json_is_expected_is_a_400(staff: Client, ids: dict[str, int]) -> None:
    client = signed_in(User.objects.get(username="boss"), enforce_csrf_checks=True)
    client.get(f"/products/{ids['product']}/")
    token = client.cookies["csrftoken"].value
    answer = client.post(
        f"/products/{ids['product']}/variants/", {"x": photo()}, headers={"X-CSRFToken": token}
    )
    assert answer.status_code == 400
    assert error_code(answer) == "bad_request"


def test_a_huge_json_body_is_a_413(staff: Client, ids: dict[str, int], settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = send_json(staff, f"/products/{ids['product']}/variants/", b"[" + b" " * 2000 + b"]")
    assert answer.status_code == 413
    assert error_code(answer) == "too_large"
