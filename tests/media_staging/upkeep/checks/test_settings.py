"""Settings that cannot work stop the start, in words."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from media_staging.conf import conf
from media_staging.upkeep.checks import check_settings


def problems(settings: Any, **changes: Any) -> list[str]:
    settings.MEDIA_STAGING = {**settings.MEDIA_STAGING, **changes}
    return [str(found.id) for found in check_settings(None)]


def test_the_settings_of_the_site_are_in_order(settings: Any) -> None:
    assert problems(settings) == []


WRONG: dict[str, dict[str, Any]] = {
    "media_staging.E001": {"LEASE_SECOND": 60},
    "media_staging.E002": {"REMOTE": "ftp"},
    "media_staging.E003": {"REMOTE": "filesystem", "REMOTES": {"filesystem": {"rot": "/x"}}},
    "media_staging.E004": {"TRANSFER_CONCURRENCY": 0},
}


@pytest.mark.parametrize("code", WRONG)
def test_a_setting_that_cannot_work_is_an_error(settings: Any, code: str) -> None:
    assert problems(settings, **WRONG[code]) == [code]


def test_a_root_has_to_be_named(settings: Any) -> None:
    settings.MEDIA_STAGING = {}
    with pytest.raises(ImproperlyConfigured, match="ROOT"):
        conf()
    assert [found.id for found in check_settings(None)] == ["media_staging.E001"]


def test_a_root_given_as_text_is_a_path(settings: Any) -> None:
    settings.MEDIA_STAGING = {"ROOT": "/srv/staging"}
    assert Path("/srv/staging") == conf().ROOT
    assert conf().REMOTE == "filesystem"
