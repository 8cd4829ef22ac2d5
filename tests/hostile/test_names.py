"""File names are text to show and nothing else: keys are ours."""

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from tests.hostile.conftest import Shop
from tests.hostile.http import multipart, photo

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
def test_a_photo_of_whose_name_nothing_is_left_is_taken(shop: Shop, name: str) -> None:
    answer = shop.upload(photo(), f"filename*=UTF-8''{quote(name, safe='')}".encode())
    assert answer.status == 201
    assert answer.json["images"][0]["name"] == "unnamed"


# What is sent, and what is shown.
NOT_UTF_8 = {
    b"\xff\xfe.jpg": "\ufffd\ufffd.jpg",
    b"caf\xe9.jpg": "caf\ufffd.jpg",
    "çay.jpg".encode("iso-8859-9"): "\ufffday.jpg",
    b"\xed\xa0\x80.jpg": "\ufffd\ufffd\ufffd.jpg",  # a surrogate
    b"": "unnamed",
    b"x" * 2000 + b".jpg": "x" * 80 + "x" * 16 + ".jpg",
    "🫖".encode() * 300 + b".jpg": "🫖" * 96 + ".jpg",
    b"\xff" * 600 + b".jpg": "\ufffd" * 96 + ".jpg",
}


@pytest.mark.parametrize("raw", NOT_UTF_8)
def test_a_photo_is_taken_whatever_its_name(shop: Shop, raw: bytes) -> None:
    """The two beside it too: Django would save these and forget it."""
    files = [("images", name, photo()) for name in ("1.jpg", b'filename="' + raw + b'"', "3.jpg")]
    answer = shop.boss.post(shop.images, files=files)
    assert answer.status == 201
    names = [image["name"] for image in answer.json["images"]]
    assert names == ["1.jpg", NOT_UTF_8[raw], "3.jpg"]


HEAD = b'Content-Disposition: form-data; name="images"; filename="2.jpg"'
BLANK = b"\r\nContent-Type: text/html\r\n\r\n"
# Heads of a part that Django leaves out without a word.
LOST = {
    "a charset that is none": HEAD.replace(b'="2.jpg"', b"*=klingon''2.jpg") + BLANK,
    "no field": HEAD.replace(b'name="images"; ', b"") + BLANK,
    "no disposition": b"X-Part: 2" + BLANK,
    "no colon": HEAD.replace(b":", b"") + BLANK,
    "no blank line": HEAD + BLANK[:-2],
    "nothing": b"",
}


@pytest.mark.parametrize("kind", LOST)
def test_a_part_that_cannot_be_read_is_an_error_and_nothing_is_kept(shop: Shop, kind: str) -> None:
    before = shop.holdings()
    files = [("images", f"{number}.jpg", photo()) for number in (1, 2, 3)]
    body, content_type = multipart({}, files)
    assert HEAD + BLANK in body
    spoiled = body.replace(HEAD + BLANK, LOST[kind])
    answer = shop.boss.request("POST", shop.images, spoiled, {"Content-Type": content_type})
    assert answer.status == 400
    assert answer.json["error"]["code"] in {"unreadable_part", "bad_request"}
    assert "could not be read" in answer.json["error"]["message"]
    assert shop.holdings() == before


def test_a_boundary_in_the_middle_of_a_file_does_not_cut_it(shop: Shop) -> None:
    """It may be there: a part ends only where a line begins with it."""
    before = shop.holdings()
    data = photo() + b"--x--" + b"the end of the file"
    body = b"--x\r\n" + HEAD + BLANK + data + b"\r\n--x--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert shop.boss.request("POST", shop.images, body, kind).status == 400
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
