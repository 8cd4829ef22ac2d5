"""What people type is read the same way by the server, here, and by the browser, in e2e."""

import json
from pathlib import Path

import pytest
from django.utils import translation

from products import typed

CASES = json.loads((Path(__file__).parent / "typed.json").read_text())


@pytest.mark.parametrize(("text", "language", "price", "whole"), CASES["numbers"])
def test_a_number_is_read_by_the_place_of_its_marks(
    text: str, language: str, price: str | None, whole: int | None
) -> None:
    with translation.override(language):
        assert (read(typed.price, text), read(typed.whole_number, text)) == (
            price,
            None if whole is None else str(whole),
        )


def read(parse: object, text: str) -> str | None:
    try:
        return str(parse(text))  # type: ignore[operator]
    except ValueError:
        return None


@pytest.mark.parametrize("kind", ["lines", "codes", "prose"])
def test_what_nobody_sees_is_not_kept(kind: str) -> None:
    clean = {"lines": typed.line, "codes": typed.code, "prose": typed.prose}[kind]
    found = {text: clean(text) for text, _expected in CASES[kind]}
    assert found == dict(CASES[kind])
