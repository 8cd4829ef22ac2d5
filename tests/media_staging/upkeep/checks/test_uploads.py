"""`UploadErrors` stands where it can tell why a form could not be read."""

from typing import Any

import pytest

from media_staging.upkeep.checks import check_uploads

OURS = "media_staging.uploads.UploadErrors"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"


@pytest.mark.parametrize("middleware", [[CSRF], [CSRF, OURS], [OURS], []])
def test_the_last_one_or_none_is_right(settings: Any, middleware: list[str]) -> None:
    settings.MIDDLEWARE = middleware
    assert check_uploads(None) == []


def test_any_other_place_is_named_with_the_way_out(settings: Any) -> None:
    settings.MIDDLEWARE = [OURS, CSRF]
    (found,) = check_uploads(None)
    assert found.id == "media_staging.W005"
    assert found.hint == f"Move {OURS!r} to the end of MIDDLEWARE."
