"""How long a remote asks to be left alone."""

from datetime import UTC, datetime, timedelta

import pytest

from media_staging.remotes.pauses import pause
from tests.conftest import Clock


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("Tue, 01 Jan 2030 12:02:00 GMT", 120),
        ("Tue, 01 Jan 2030 11:00:00 GMT", 0),
        ("9" * 30, 999_999_999),
        ("soon", None),
        ("", None),
    ],
)
def test_a_wish_to_be_left_alone_is_seconds_or_a_date(
    clock: Clock, value: str, seconds: int | None
) -> None:
    clock.now = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
    wanted = None if seconds is None else timedelta(seconds=seconds)
    assert pause(value) == wanted
