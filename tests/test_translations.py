"""Turkish is complete: every text has a translation, and the pages and answers use it.

`make test` compiles the catalogue; whoever calls pytest alone does so with
`pybabel compile -d locale -D django`.
"""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.contrib.auth.models import User
from django.test import Client

from products.models import Product

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = Path("locale/tr/LC_MESSAGES/django.po")
SOURCES = ("media_staging", "products", "site", "templates", "locale")
WITHOUT_CACHES = shutil.ignore_patterns("__pycache__")

# %(name)s of Python, a doubled percent sign, {name} of the scripts.
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|\{\w+\}")


def messages_of(root: Path) -> list[Message]:
    with (root / CATALOGUE).open("rb") as stream:
        return [message for message in read_po(stream, locale="tr") if message.id]


def texts(value: str | list[str] | tuple[str, ...]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def ids(messages: list[Message]) -> set[tuple[str, ...]]:
    return {tuple(texts(message.id)) for message in messages}


def placeholders(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text))


def is_complete(message: Message) -> bool:
    originals, translations = texts(message.id), texts(message.string or "")
    return not message.fuzzy and [(True, placeholders(text)) for text in originals] == [
        (bool(text.strip()), placeholders(text)) for text in translations
    ]


def test_every_text_is_translated_with_its_placeholders() -> None:
    messages = messages_of(ROOT)
    assert messages
    assert [message.id for message in messages if not is_complete(message)] == []


@pytest.mark.skipif(not shutil.which("xgettext"), reason="xgettext (gettext) is not installed")
def test_every_text_of_the_sources_is_in_the_catalogue(tmp_path: Path) -> None:
    for folder in SOURCES:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=WITHOUT_CACHES)
    shutil.copy(ROOT / "manage.py", tmp_path)
    (tmp_path / CATALOGUE).unlink()
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "--locale=tr", "--ignore=var"],
        cwd=tmp_path,
        env={**os.environ, "VAR_DIR": str(tmp_path / "var")},
        check=True,
        capture_output=True,
    )
    assert ids(messages_of(tmp_path)) == ids(messages_of(ROOT))


# --- In use ------------------------------------------------------------------------------------


@pytest.fixture
def turkish_staff(db: None) -> Client:
    client = Client(headers={"accept-language": "tr"})
    client.force_login(User.objects.create_superuser("boss"))
    return client


def test_the_list_page_is_turkish(turkish_staff: Client) -> None:
    page = turkish_staff.get("/products/").content.decode()
    assert '<html lang="tr">' in page
    assert "<title>Ürünler · Katalog</title>" in page


def test_the_percent_sign_stands_before_the_number(turkish_staff: Client) -> None:
    product = Product.objects.create(name="Kupa", price="12.50")
    page = turkish_staff.get(f"/products/{product.pk}/").content.decode()
    assert 'data-text-syncing="Eşitleniyor %{percent}"' in page
    assert 'data-text-uploading="Resimler yükleniyor: {done}/{total}"' in page


def test_an_error_is_turkish(turkish_staff: Client) -> None:
    answer = turkish_staff.get("/products/4711/images/")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Bu kayıt artık yok."
