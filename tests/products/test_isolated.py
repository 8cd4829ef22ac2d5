"""What people write keeps its direction inside a sentence."""

import pytest

from products.typed import isolated


@pytest.mark.parametrize("text", ["Mug", "Kupa (büyük)", "12.50", ""])
def test_what_reads_from_left_to_right_stays_as_it_is(text: str) -> None:
    assert isolated(text) == text


@pytest.mark.parametrize("text", ["קומקום", "إبريق", "Mug קטן"])
def test_what_reads_from_right_to_left_is_isolated(text: str) -> None:
    assert isolated(text) == f"\u2068{text}\u2069"
