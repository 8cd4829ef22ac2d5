"""Files made to keep a request busy cost no more memory than their size allows.

How long they take is measured by `make torture SECTIONS=fuzz`, where nothing else is timed by it.
"""

import pytest

from media_staging.containers import InvalidImage, inspect
from tests.hostile.fuzz import MAX_PIXELS, check_memory
from tests.hostile.heavy import HEAVY

# They hold most at once: the rest is looked at without measuring, which is much quicker.
LARGEST = [
    "XMP of wide letters",
    "XMP in 2,000 segments without an order",
    "EXIF of many entries",
    "a packed profile, 63 times",
    "a profile of digits",
    "thermal records",
]


@pytest.mark.parametrize("kind", HEAVY)
def test_it_is_taken_or_refused_within_its_memory(kind: str) -> None:
    data = HEAVY[kind]()
    if kind in LARGEST:
        check_memory(data)
    try:
        found = inspect(data, max_pixels=MAX_PIXELS, strip_location=True)
    except InvalidImage as refusal:
        assert refusal.code == "corrupt"
    else:
        assert {found.width, found.height} == {64, 40}
