"""For tests that compare what is sent with what the settings say."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.media_staging.remotes.on_s3.recording import Recording


@pytest.fixture
def nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings for boto3 but a profile "shop" that has keys."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "config").write_text(
        "[profile shop]\naws_access_key_id = of-the-profile\naws_secret_access_key = s\n"
    )


@pytest.fixture
def server() -> Iterator[Recording]:
    with Recording() as server:
        yield server
