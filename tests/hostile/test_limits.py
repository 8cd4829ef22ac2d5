"""How much is too much: of bytes, of files, of fields. Always one sentence, and nothing stored."""

import pytest

from products.limits import MOST_BYTES, MOST_FIELDS
from tests.hostile.conftest import Shop
from tests.hostile.http import Answer, multipart, photo

LIMIT = 25 * 1024**2
ENDLESS = 10 * 1024**3
FORM = {"name": "Mug", "price": "1.00", "status": "draft"}


def padded(size: int) -> bytes:
    return photo() + bytes(size - len(photo()))


def test_a_file_of_exactly_the_limit_is_taken(shop: Shop) -> None:
    answer = shop.upload(padded(LIMIT))
    assert answer.status == 201
    assert answer.json["images"][0]["size"] == LIMIT


def test_one_byte_more_is_a_413(shop: Shop) -> None:
    before = shop.holdings()
    answer = shop.upload(padded(LIMIT + 1))
    assert answer.status == 413
    assert answer.json["error"]["code"] == "too_large"
    assert answer.json["errors"][0]["message"] == "The file is larger than the 25 MB allowed."
    assert shop.holdings() == before


def test_much_more_costs_no_more_memory(shop: Shop) -> None:
    before = shop.holdings()
    assert shop.upload(padded(12 * LIMIT)).status == 413
    assert shop.holdings() == before


@pytest.mark.parametrize("path", ["images", "form"])
def test_a_body_without_an_end_is_refused_before_it_is_read(shop: Shop, path: str) -> None:
    before = shop.holdings()
    body, content_type = multipart({}, [("images", "mug.jpg", photo())])
    target = shop.images if path == "images" else shop.product
    with shop.boss.begin(target, content_type, ENDLESS) as connection:
        connection.sendall(body[:500])
        answer = shop.boss.answer(connection)
    assert answer.status == 413
    assert "The request is too large." in answer.text
    assert shop.holdings() == before


def test_a_hundred_files_are_taken(shop: Shop) -> None:
    files = [("images", f"{number}.jpg", photo()) for number in range(100)]
    before = len(shop.rows())
    assert shop.boss.post(shop.images, files=files).status == 201
    assert len(shop.rows()) == before + 100


@pytest.mark.parametrize("count", [101, 102, 1000])
def test_more_than_a_hundred_files_are_refused(shop: Shop, count: int) -> None:
    before = shop.holdings()
    files = [("images", f"{number}.jpg", photo()) for number in range(count)]
    answer = shop.boss.post(shop.images, files=files)
    assert answer.status == 400
    assert answer.json["error"]["code"] == "too_many_files"
    assert shop.holdings() == before


@pytest.mark.parametrize("count", [101, 102, 1000])
@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Upload at most 100 files at once."),
        ("tr", "Tek seferde en fazla 100 dosya yükleyin."),
    ],
)
def test_the_form_says_so_on_a_page(shop: Shop, count: int, language: str, sentence: str) -> None:
    before = shop.holdings()
    files = [("images", f"{number}.jpg", photo()) for number in range(count)]
    answer = shop.boss.post(
        "/products/new/", fields=FORM, files=files, **{"Accept-Language": language}
    )
    assert_page(answer, 400, sentence)
    assert shop.holdings() == before


@pytest.mark.parametrize("place", ["/products/new/", "/accounts/login/", "/i18n/setlang/"])
def test_too_many_fields_are_answered_with_a_page(shop: Shop, place: str) -> None:
    fields = {f"field-{number}": "" for number in range(MOST_FIELDS + 10)}
    answer = shop.boss.post(place, fields={**FORM, **fields})
    assert_page(answer, 400, "The request could not be read.")


@pytest.mark.parametrize("place", ["/products/new/", "/accounts/login/", "/i18n/setlang/"])
def test_too_long_a_field_is_answered_with_a_page(shop: Shop, place: str) -> None:
    answer = shop.boss.post(place, fields={**FORM, "description": "x" * (MOST_BYTES + 1)})
    assert_page(answer, 413, "The request is too large.")


def test_a_long_json_body_is_refused_before_it_is_read(shop: Shop) -> None:
    target = f"{shop.product}variants/"
    with shop.boss.begin(target, "application/json", MOST_BYTES + 1) as connection:
        connection.sendall(b'{"variants": [')
        answer = shop.boss.answer(connection)
    assert answer.status == 413
    assert answer.json["error"]["code"] == "too_large"


def test_many_large_uploads_at_once_stay_within_the_memory(shop: Shop) -> None:
    files = [("images", f"{number}.jpg", padded(5 * 1024**2)) for number in range(20)]
    assert shop.boss.post(shop.images, files=files).status == 201


def assert_page(answer: Answer, status: int, sentence: str) -> None:
    assert answer.status == status, answer.text[:500]
    assert sentence in answer.text
    assert '<header class="top">' in answer.text
    assert "Traceback" not in answer.text
