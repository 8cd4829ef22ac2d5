"""Guessing passwords is slow: after five wrong ones a name has to wait at that address."""

from datetime import timedelta
from typing import Any

import pytest
import throttle
import time_machine
from axes.models import AccessAttempt
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from products.models import Product

pytestmark = pytest.mark.django_db

LIMIT = django_settings.AXES_FAILURE_LIMIT
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def boss() -> User:
    return User.objects.create_superuser("boss", password="secret")


def sign_in(
    client: Client, password: str, *, name: str = "boss", path: str = LOGIN, **more: Any
) -> Any:
    return client.post(path, {"username": name, "password": password}, **more)


def fail(client: Client, times: int, **more: Any) -> Any:
    answers = [sign_in(client, "wrong", **more) for _ in range(times)]
    return answers[-1]


def test_the_fifth_wrong_password_in_a_row_is_answered_with_429(client: Client) -> None:
    assert fail(client, LIMIT - 1).status_code == 200
    answer = fail(client, 1)
    assert answer.status_code == 429
    assert "Try again in 15 minutes." in answer.content.decode()
    assert 0 < int(answer["Retry-After"]) <= 15 * 60


def test_then_the_right_password_has_to_wait_too(client: Client) -> None:
    fail(client, LIMIT)
    assert sign_in(client, "secret").status_code == 429
    assert client.get("/products/").status_code == 302


def test_the_wait_ends_by_itself_and_is_not_prolonged_by_more_attempts(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        fail(client, LIMIT)
        clock.shift(timedelta(minutes=14, seconds=30))
        answer = fail(client, 1)
        assert answer.status_code == 429
        assert "Try again in 1 minute." in answer.content.decode()
        clock.shift(timedelta(seconds=31))
        assert sign_in(client, "secret").status_code == 302


def test_a_right_password_forgets_the_wrong_ones(client: Client) -> None:
    for _ in range(2):
        fail(client, LIMIT - 1)
        assert sign_in(client, "secret").status_code == 302
    assert not AccessAttempt.objects.exists()


def test_the_admin_has_no_other_door(client: Client) -> None:
    assert fail(client, LIMIT, path="/admin/login/").status_code == 429
    assert sign_in(client, "secret").status_code == 429


def test_the_sentence_is_in_the_language_of_the_page(client: Client) -> None:
    client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "tr"
    answer = fail(client, LIMIT)
    assert '<html lang="tr">' in answer.content.decode()


def test_nobody_is_locked_out_by_what_happens_at_another_address(client: Client) -> None:
    fail(client, LIMIT, REMOTE_ADDR="192.0.2.1")
    assert sign_in(client, "secret", REMOTE_ADDR="192.0.2.1").status_code == 429
    assert sign_in(client, "secret", REMOTE_ADDR="192.0.2.2").status_code == 302


def test_nobody_is_locked_out_by_attempts_on_another_name(client: Client) -> None:
    fail(client, LIMIT, name="somebody")
    assert sign_in(client, "secret").status_code == 302


def test_another_browser_at_the_same_address_does_not_help(client: Client) -> None:
    for number in range(LIMIT - 1):
        fail(client, 1, HTTP_USER_AGENT=f"browser {number}")
    assert fail(client, 1, HTTP_USER_AGENT="one more").status_code == 429


@pytest.mark.parametrize("name", ["x" * 10_000, "\N{TEAPOT}" * 300, "\0", "a\r\nb"])
def test_a_name_of_any_kind_is_counted_without_an_error(client: Client, name: str) -> None:
    assert fail(client, LIMIT + 1, name=name).status_code in {200, 429}


def test_the_password_is_kept_nowhere(client: Client) -> None:
    sign_in(client, "my-other-password")
    (attempt,) = AccessAttempt.objects.values()
    assert "my-other-password" not in str(attempt)


def test_pages_cost_no_query_for_it(client: Client, boss: User) -> None:
    product = Product.objects.create(name="Mug", price="12.50")
    client.force_login(boss)
    with CaptureQueriesContext(connection) as queries:
        client.get(f"/products/{product.pk}/")
        client.get(f"/products/{product.pk}/images/")
        client.post(f"/products/{product.pk}/", {"name": "Cup", "price": "1", "status": "draft"})
    assert not [query for query in queries.captured_queries if "axes" in query["sql"]]


# --- The address -----------------------------------------------------------------------------

ADDRESSES = [
    # (proxies, X-Forwarded-For, REMOTE_ADDR, what counts)
    (0, "", "192.0.2.7", "192.0.2.7"),
    (0, "203.0.113.9", "192.0.2.7", "192.0.2.7"),
    (1, "203.0.113.9", "127.0.0.1", "203.0.113.9"),
    (1, "6.6.6.6, 203.0.113.9", "127.0.0.1", "203.0.113.9"),
    (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "127.0.0.1", "203.0.113.9"),
    (2, "203.0.113.9", "192.0.2.7", "192.0.2.7"),
    (1, "", "192.0.2.7", "192.0.2.7"),
    (1, "unknown", "127.0.0.1", None),
    (0, "", "", None),
    (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    (0, "", "::ffff:192.0.2.7", "192.0.2.7"),
]


@pytest.mark.parametrize(("proxies", "forwarded", "remote", "counted"), ADDRESSES)
def test_the_address_is_the_one_our_outermost_proxy_saw(
    rf: RequestFactory,
    settings: Any,
    proxies: int,
    forwarded: str,
    remote: str,
    counted: str | None,
) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = rf.get(LOGIN, headers=headers, REMOTE_ADDR=remote)
    assert throttle.client_address(request) == counted


def test_an_invented_address_does_not_get_past_the_proxy(client: Client, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    for number in range(LIMIT - 1):
        fail(client, 1, headers={"X-Forwarded-For": f"6.6.6.{number}, 203.0.113.9"})
    answer = fail(client, 1, headers={"X-Forwarded-For": "7.7.7.7, 203.0.113.9"})
    assert answer.status_code == 429


def test_a_sign_in_by_a_program_needs_no_request(client: Client) -> None:
    assert not client.login(username="boss", password="wrong")
    assert client.login(username="boss", password="secret")
