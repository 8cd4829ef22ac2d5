"""File names are text to show and nothing else: keys are ours."""

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from tests.hostile.conftest import Shop
from tests.hostile.http import photo

KEY = re.compile(r"products/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.jpg")

# What is sent, and what is shown.
NAMES = {
    "../../../etc/passwd": "passwd",
    "..\\..\\boot.ini": "boot.ini",
    "C:\\photos\\mug.jpg": "mug.jpg",
    "/var/www/mug.jpg": "mug.jpg",
    "nul\0l.jpg": "null.jpg",
    "line\r\nX-Evil: 1.jpg": "lineX-Evil: 1.jpg",
    "\u202egpj.exe": "gpj.exe",
    "mug\u2066.jpg": "mug.jpg",
    "x" * 296 + ".jpg": "x" * 251 + ".jpg",
    "🫖 çay.jpg": "🫖 çay.jpg",
    "e\u0301.jpg": "\u00e9.jpg",
    ".htaccess": ".htaccess",
    "CON.jpg": "CON.jpg",
    "x.php.jpg": "x.php.jpg",
    "-rf.jpg": "-rf.jpg",
    "<script>alert(1)</script>.jpg": "script>.jpg",
    "<img src=x onerror=alert(1)>.jpg": "<img src=x onerror=alert(1)>.jpg",
    '"; rm -rf ~; ".jpg': '"; rm -rf ~; ".jpg',
    "%2e%2e%2fmug.jpg": "%2e%2e%2fmug.jpg",
    "{{ settings.SECRET_KEY }}.jpg": "{{ settings.SECRET_KEY }}.jpg",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_kept_as_text_only(shop: Shop, name: str) -> None:
    # As RFC 5987 has it, which is how every byte gets through.
    sent = f"filename*=UTF-8''{quote(name, safe='')}".encode()
    answer = shop.upload(photo(), sent)
    assert answer.status == 201, answer.text
    (image,) = answer.json["images"]
    assert image["name"] == NAMES[name]
    key = image["url"].removeprefix("/media/")
    assert KEY.fullmatch(key)
    assert key in shop.rows()
    assert {str(path) for path in shop.stored()} == set(shop.rows())


@pytest.mark.parametrize("name", ["..", ".", "/", "\\", "\0", "\u202e"])
def test_a_name_of_which_nothing_is_left_is_no_file(shop: Shop, name: str) -> None:
    before = shop.holdings()
    answer = shop.upload(photo(), f"filename*=UTF-8''{quote(name, safe='')}".encode())
    assert answer.status == 400
    assert answer.json["error"]["code"] == "no_files"
    assert shop.holdings() == before


@pytest.mark.parametrize("raw", [b"\xff\xfe.jpg", b"caf\xe9.jpg"])
def test_a_name_in_another_encoding_is_refused(shop: Shop, raw: bytes) -> None:
    before = shop.holdings()
    assert shop.upload(photo(), b'filename="' + raw + b'"').status == 400
    assert shop.holdings() == before


@pytest.mark.parametrize("raw", [b"a\tb.jpg", b"&#46;&#46;&#47;b.jpg", b"..%2fb.jpg", b"a;b.jpg"])
def test_a_name_with_tricks_in_it_is_text(shop: Shop, raw: bytes) -> None:
    answer = shop.upload(photo(), b'filename="' + raw + b'"')
    assert answer.status == 201
    assert answer.json["images"][0]["name"].endswith("b.jpg")


def test_a_name_is_escaped_on_the_page(shop: Shop) -> None:
    name = "<b onmouseover=alert(2)>.jpg"
    assert shop.upload(photo(), name).json["images"][0]["name"] == name
    page = shop.boss.get(shop.product).text
    assert "<b onmouseover" not in page
    assert "b onmouseover=alert(2)" in page


def test_a_line_break_in_a_name_makes_no_header(shop: Shop) -> None:
    sent = b"filename*=UTF-8''a%0D%0ASet-Cookie:%20evil=1.jpg"
    url = shop.upload(photo(), sent).json["images"][0]["url"]
    assert "Set-Cookie" not in shop.stranger.get(url).headers


def test_one_name_four_times_at_once_is_four_files(shop: Shop) -> None:
    before = len(shop.rows())
    with ThreadPoolExecutor(4) as people:
        answers = list(people.map(lambda _: shop.upload(photo(), "same.jpg"), range(4)))
    assert [answer.status for answer in answers] == [201] * 4
    ids = {image["id"] for answer in answers for image in answer.json["images"]}
    assert len(ids) == 4
    assert len(shop.rows()) == before + 4
