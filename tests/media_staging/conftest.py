import pytest

from tests.media_staging.fake_remote import FakeRemote, install


@pytest.fixture
def fake(settings: object, monkeypatch: pytest.MonkeyPatch) -> FakeRemote:
    return install(settings, monkeypatch)
