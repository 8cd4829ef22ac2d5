"""Requests that lie, break off, or come from somebody who may not send them: no trace is left."""

from collections.abc import Callable

import pytest

from dev.processes import wait_for
from tests.hostile.conftest import Shop
from tests.hostile.http import Browser, multipart, photo

BIG = 4 * 1024**2  # Django spools it to the disk while it arrives


def two_photos() -> tuple[bytes, str]:
    data = photo() + bytes(BIG)
    return multipart({}, [("images", "one.jpg", data), ("images", "two.jpg", data)])


# --- Who ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "status", "code"),
    [("stranger", 401, "not_signed_in"), ("clerk", 403, "forbidden")],
)
def test_whoever_may_not_upload_leaves_nothing(
    shop: Shop, person: str, status: int, code: str
) -> None:
    before = shop.holdings()
    browser: Browser = getattr(shop, person)
    answer = browser.post(shop.images, files=[("images", "mug.jpg", photo())])
    assert answer.status == status
    assert answer.json["error"]["code"] == code
    assert shop.holdings() == before


@pytest.mark.parametrize("token", ["", "x" * 64, "short"])
def test_without_the_csrf_token_nothing_happens(shop: Shop, token: str) -> None:
    before = shop.holdings()
    files = [("images", "mug.jpg", photo())]
    answer = shop.boss.post(shop.images, files=files, **{"X-CSRFToken": token})
    assert answer.status == 403
    assert answer.json["error"]["code"] == "csrf_failed"
    form = {"name": "Mug", "price": "1.00", "status": "draft"}
    page = shop.boss.post("/products/new/", fields=form, files=files, **{"X-CSRFToken": token})
    assert page.status == 403
    assert shop.holdings() == before


@pytest.mark.parametrize("referer", ["https://evil.example/", "http://127.0.0.1/", ""])
def test_a_request_from_another_site_is_refused(shop: Shop, referer: str) -> None:
    before = shop.holdings()
    files = [("images", "mug.jpg", photo())]
    assert shop.boss.post(shop.images, files=files, Referer=referer).status == 403
    assert shop.holdings() == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_another_method_is_refused(shop: Shop, method: str) -> None:
    before = shop.holdings()
    answer = shop.boss.request(method, shop.images, photo(), {"Content-Type": "image/jpeg"})
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, POST, HEAD"
    assert shop.holdings() == before


def test_an_unknown_host_gets_a_page_and_nothing_else(shop: Shop) -> None:
    answer = shop.stranger.get("/products/", Host="evil.example")
    assert answer.status == 400
    assert "evil.example" not in answer.text


def test_plain_http_is_sent_to_https(shop: Shop) -> None:
    answer = shop.boss.get("/products/", **{"X-Forwarded-Proto": "http"})
    assert answer.status == 301
    assert answer.headers["Location"].startswith("https://")


# --- What breaks off -------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["images", "form"])
def test_a_client_that_goes_away_leaves_nothing(shop: Shop, path: str) -> None:
    """Not even the first of two photos, which had arrived as a whole."""
    before = shop.holdings()
    body, content_type = two_photos()
    target = shop.images if path == "images" else shop.product
    with shop.boss.begin(target, content_type, len(body)) as connection:
        connection.sendall(body[: BIG + BIG // 2])
        # Both are on their way to the disk: the server is in the middle of it.
        assert wait_for(lambda: len(shop.arriving()) == before[2] + 2, 20)
    assert wait_for(lambda: shop.holdings() == before, 20), shop.arriving()


@pytest.mark.parametrize("path", ["images", "form"])
@pytest.mark.parametrize("sent", [0, 10, 600, BIG + BIG // 2, -30, -1])
def test_a_body_shorter_than_announced_is_refused(shop: Shop, path: str, sent: int) -> None:
    before = shop.holdings()
    body, content_type = two_photos()
    target = shop.images if path == "images" else shop.product
    with shop.boss.begin(target, content_type, len(body)) as connection:
        connection.sendall(body[:sent])
        connection.shutdown(1)
        answer = shop.boss.answer(connection)
    assert answer.status == 400
    assert shop.holdings() == before


def test_a_length_that_promises_more_than_there_is_is_a_lie(shop: Shop) -> None:
    """All parts had arrived, with their end; what was announced had not."""
    before = shop.holdings()
    body, content_type = multipart({}, [("images", "mug.jpg", photo())])
    with shop.boss.begin(shop.images, content_type, len(body) + 1000) as connection:
        connection.sendall(body)
        connection.shutdown(1)
        assert shop.boss.answer(connection).status == 400
    assert shop.holdings() == before


def test_what_comes_after_the_announced_length_is_not_read(shop: Shop) -> None:
    before = shop.holdings()
    body, content_type = multipart({}, [("images", "mug.jpg", photo())])
    cut = len(body) // 2
    with shop.boss.begin(shop.images, content_type, cut) as connection:
        connection.sendall(body)
        assert shop.boss.answer(connection).status == 400
    assert shop.holdings() == before


def test_a_json_body_that_breaks_off_changes_nothing(shop: Shop) -> None:
    body = b'{"variants": [{"sku": "A", "name": "a", "price": "1.00", "stock": 1}]}'
    path = f"{shop.product}variants/"
    with shop.boss.begin(path, "application/json", len(body) + 10) as connection:
        connection.sendall(body)
        connection.shutdown(1)
        assert shop.boss.answer(connection).status == 400
    assert '"sku": "A"' not in shop.boss.get(shop.product).text


NONSENSE: dict[str, Callable[[bytes, str], tuple[bytes, str]]] = {
    "no boundary": lambda body, kind: (body, "multipart/form-data"),
    "another boundary": lambda body, kind: (body, "multipart/form-data; boundary=x"),
    "a boundary of many letters": lambda body, kind: (body, f"{kind}{'x' * 5000}"),
    "not multipart": lambda body, kind: (body, "image/jpeg"),
    "only an end": lambda body, kind: (b"--x--\r\n", "multipart/form-data; boundary=x"),
    "only noise": lambda body, kind: (bytes(range(256)) * 100, kind),
    "no blank line": lambda body, kind: (body.replace(b"\r\n\r\n", b"\r\n"), kind),
    "base64 that is none": lambda body, kind: (
        body.replace(b"text/html", b"x\r\nContent-Transfer-Encoding: base64"), kind
    ),
    "a charset that is none": lambda body, kind: (body, f"{kind}; charset=no-such-charset"),
    "a huge header": lambda body, kind: (body.replace(b"text/html", b"x" * 2_000_000), kind),
}  # fmt: skip


@pytest.mark.parametrize("kind", NONSENSE)
@pytest.mark.parametrize("path", ["images", "form"])
def test_a_body_that_makes_no_sense_is_never_our_error(shop: Shop, kind: str, path: str) -> None:
    target = shop.images if path == "images" else shop.product
    body, content_type = NONSENSE[kind](*multipart({}, [("images", "mug.jpg", photo())]))
    answer = shop.boss.request("POST", target, body, {"Content-Type": content_type})
    assert answer.status < 500
    assert shop.arriving() == []
