from pathlib import Path
from typing import Any

import pytest

from tests.media_staging.fake_remote import FakeRemote, install
from tests.media_staging.places import SetUp


@pytest.fixture
def fake(settings: object, monkeypatch: pytest.MonkeyPatch) -> FakeRemote:
    return install(settings, monkeypatch)


@pytest.fixture
def use(settings: Any, tmp_path: Path) -> SetUp:
    """`use("b", a={})`: new files go to b, a is set up too; each is a folder of that name."""

    def set_up(current: str, **entries: dict[str, Any]) -> None:
        folders = {
            name: {"TYPE": "filesystem", "root": tmp_path / name, **entry}
            for name, entry in {current: {}, **entries}.items()
        }
        settings.MEDIA_STAGING = {
            **settings.MEDIA_STAGING,
            "REMOTE": current,
            "REMOTES": folders,
        }

    set_up("a")
    return set_up
