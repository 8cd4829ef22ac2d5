"""For every test: a staging area of its own; on request a clock to move and real servers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from hypothesis import settings as hypothesis_settings

from dev.seaweedfs import SeaweedFS

# What they mean is said where they are used: tests/media_staging/life/.
hypothesis_settings.register_profile("torture")
hypothesis_settings.register_profile("mutant")


@pytest.fixture(autouse=True)
def staging_area(settings: Any, tmp_path: Path) -> Path:
    root = tmp_path / "staging"
    settings.MEDIA_STAGING = {
        **django_settings.MEDIA_STAGING,
        "ROOT": root,
        "REMOTE": "filesystem",
        "REMOTES": {"filesystem": {"root": tmp_path / "remote"}},
        "MIN_FREE_BYTES": 0,
    }
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    return root


class Clock:
    """The app's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Iterator[Clock]:
    moved = Clock()
    with mock.patch("media_staging.clock.now", lambda: moved.now):
        yield moved


@pytest.fixture(scope="session")
def s3_server() -> Iterator[SeaweedFS]:
    with SeaweedFS() as server:
        yield server
