"""A queue that would do the consumer's work in the request is named."""

from collections.abc import Iterator

import pytest
from huey.contrib.djhuey import HUEY

from media_staging.upkeep.checks import check_queue


@pytest.fixture
def immediate() -> Iterator[None]:
    HUEY.immediate = True
    yield
    HUEY.immediate = False


def test_immediate_mode_is_named_with_the_line_to_change(immediate: None) -> None:
    (found,) = check_queue(None)
    assert found.id == "media_staging.W004"
    assert '"immediate": False' in str(found.hint)


def test_the_queue_of_the_site_is_in_order() -> None:
    assert check_queue(None) == []
