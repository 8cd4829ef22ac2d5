"""The cookies of a signed-in person, and the headers that protect the pages."""

from http.cookies import SimpleCookie

import pytest

from bench.site import USER
from tests.hostile.conftest import Shop
from tests.hostile.http import Answer, Browser


def cookie(answer: Answer, name: str) -> dict[str, str]:
    for line in answer.headers.get_all("Set-Cookie") or []:
        found = SimpleCookie(line)
        if name in found:
            return {key: value for key, value in found[name].items() if value}
    raise AssertionError(f"no cookie {name}")


def signed_in(shop: Shop) -> tuple[Browser, Answer]:
    browser = Browser(shop.port)
    form = {"username": USER, "password": USER}
    return browser, browser.post("/accounts/login/", fields=form)


def test_the_session_is_for_our_pages_over_https_and_for_a_week(shop: Shop) -> None:
    _, answer = signed_in(shop)
    told = cookie(answer, "sessionid")
    assert told["secure"] is True
    assert told["httponly"] is True
    assert told["samesite"] == "Lax"
    assert told["max-age"] == str(7 * 24 * 3600)


def test_the_other_cookies_are_for_our_pages_over_https_too(shop: Shop) -> None:
    browser, answer = signed_in(shop)
    language = browser.post("/i18n/setlang/", fields={"language": "tr"})
    for told in (cookie(answer, "csrftoken"), cookie(language, "django_language")):
        assert told["secure"] is True
        assert told["samesite"] == "Lax"
    assert cookie(language, "django_language")["httponly"] is True


def test_a_planted_session_is_not_adopted(shop: Shop) -> None:
    browser = Browser(shop.port)
    browser.cookies["sessionid"] = planted = "p" * 32
    browser.post("/accounts/login/", fields={"username": USER, "password": USER})
    assert browser.cookies["sessionid"] != planted
    assert browser.get("/products/").status == 200


def test_signing_out_ends_the_session_everywhere(shop: Shop) -> None:
    browser, _ = signed_in(shop)
    stolen = Browser(shop.port)
    stolen.cookies["sessionid"] = browser.cookies["sessionid"]
    assert stolen.get("/products/").status == 200
    browser.post("/accounts/logout/")
    assert stolen.get("/products/").status == 302


@pytest.mark.parametrize("place", ["/products/", "/accounts/login/", "/nowhere/", "/products/new/"])
def test_every_page_is_guarded_by_its_headers(shop: Shop, place: str) -> None:
    headers = shop.boss.get(place).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "max-age=31536000" in headers["Strict-Transport-Security"]


ELSEWHERE = ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]


@pytest.mark.parametrize("next_url", ELSEWHERE)
def test_nobody_is_sent_to_another_site(shop: Shop, next_url: str) -> None:
    browser = Browser(shop.port)
    form = {"username": USER, "password": USER, "next": next_url}
    assert browser.post("/accounts/login/", fields=form).headers["Location"] == "/products/"
    answer = browser.post("/i18n/setlang/", fields={"language": "tr", "next": next_url})
    assert "evil" not in answer.headers["Location"]
    assert "javascript" not in answer.headers["Location"]
