"""docs/guarantees.md names the tests behind every promise: they exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/guarantees.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_the_page_names_exists(file: str, test: str) -> None:
    assert re.search(rf"^def {test}\(", (ROOT / file).read_text(), re.MULTILINE)


def test_each_of_the_six_promises_names_tests() -> None:
    promises = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:7]
    assert [promise[:2] for promise in promises] == [f"{n}." for n in range(1, 7)]
    assert all("::test_" in promise for promise in promises)
