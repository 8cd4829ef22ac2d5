"""`UploadErrors` stands where it can tell why a form could not be read; a handler takes files."""

from typing import Any

import pytest

from media_staging.upkeep.checks import check_uploads

OURS = "media_staging.uploads.UploadErrors"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"


DJANGOS = "django.core.files.uploadhandler."
IN_MEMORY = f"{DJANGOS}MemoryFileUploadHandler"
ON_DISK = f"{DJANGOS}TemporaryFileUploadHandler"
LIMIT = "media_staging.uploads.SizeLimitHandler"
SPOOL = "media_staging.uploads.SpoolHandler"


@pytest.mark.parametrize("middleware", [[CSRF, OURS], [OURS]])
def test_the_last_one_is_right(settings: Any, middleware: list[str]) -> None:
    settings.MIDDLEWARE = middleware
    assert check_uploads(None) == []


def test_any_other_place_is_named_with_the_way_out(settings: Any) -> None:
    settings.MIDDLEWARE = [OURS, CSRF]
    (found,) = check_uploads(None)
    assert found.id == "media_staging.W005"
    assert found.hint == f"Move {OURS!r} to the end of MIDDLEWARE."


@pytest.mark.parametrize("handlers", [[LIMIT, ON_DISK], [SPOOL]])
def test_our_handlers_without_anybody_who_answers_are_named(
    settings: Any, handlers: list[str]
) -> None:
    settings.MIDDLEWARE = [CSRF]
    settings.FILE_UPLOAD_HANDLERS = handlers
    (found,) = check_uploads(None)
    assert found.id == "media_staging.W006"
    assert found.hint == f"Add {OURS!r} at the end of MIDDLEWARE."


def test_other_handlers_need_nobody_who_answers(settings: Any) -> None:
    settings.MIDDLEWARE = [CSRF]
    settings.FILE_UPLOAD_HANDLERS = [IN_MEMORY, ON_DISK]
    assert check_uploads(None) == []


@pytest.mark.parametrize(
    ("handlers", "words"),
    [
        ([LIMIT], "every file is missing"),
        ([LIMIT, IN_MEMORY], "too large for the memory are missing"),
    ],
)
def test_handlers_of_which_none_takes_the_file_are_named(
    settings: Any, handlers: list[str], words: str
) -> None:
    settings.FILE_UPLOAD_HANDLERS = handlers
    (found,) = check_uploads(None)
    assert found.id == "media_staging.W007"
    assert words in found.msg
    assert found.hint == f"Add {SPOOL!r} at the end of FILE_UPLOAD_HANDLERS."


@pytest.mark.parametrize(
    "handlers", [[LIMIT, IN_MEMORY, SPOOL], [LIMIT, ON_DISK], [LIMIT, "shop.Handler"], [IN_MEMORY]]
)
def test_handlers_of_which_one_takes_it_are_right(settings: Any, handlers: list[str]) -> None:
    settings.FILE_UPLOAD_HANDLERS = handlers
    assert check_uploads(None) == []
