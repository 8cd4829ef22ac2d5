"""A staging area for the tests of adopters who set none up: never the real one.

A database that Django's test runner made knows none of the files in `MEDIA_STAGING["ROOT"]`. Tests
that override ROOT are left alone.
"""

import atexit
import logging
import multiprocessing
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing.util import Finalize
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Configured:
    """What the settings say while no test runner has changed them."""

    root: str
    database: str
    test_database: str


@lru_cache(maxsize=1)
def configured() -> Configured:
    """Asked for the first time when the app is ready."""
    database = settings.DATABASES.get(DEFAULT_DB_ALIAS, {})
    name = str(database.get("NAME", ""))
    test_name = (database.get("TEST") or {}).get("NAME") or f"test_{name}"
    root = getattr(settings, "MEDIA_STAGING", {}).get("ROOT", "")
    return Configured(str(root), name, str(test_name))


def folder() -> Path | None:
    """The temporary staging area; None outside of tests, and in those that name their own."""
    if not is_testing() or not is_made_for_tests(str(connection.settings_dict["NAME"])):
        return None
    root = str(getattr(settings, "MEDIA_STAGING", {}).get("ROOT", ""))
    if root != configured().root:
        return None
    return _made(os.getpid(), str(connection.settings_dict["NAME"]))


def is_testing() -> bool:
    """Whether `setup_test_environment` ran; without importing what only tests need."""
    utils = sys.modules.get("django.test.utils")
    return utils is not None and hasattr(utils._TestState, "saved_data")


def is_made_for_tests(name: str) -> bool:
    """Also a clone for one of several processes, and one in memory."""
    if name == configured().database:
        return False
    in_memory = name == ":memory:" or "mode=memory" in name
    return in_memory or name.startswith(os.path.splitext(configured().test_database)[0])  # noqa: PTH122


@lru_cache(maxsize=64)
def _made(_process: int, database: str) -> Path:
    made = Path(tempfile.mkdtemp(prefix="media-staging-tests-"))
    if multiprocessing.parent_process():
        # Such a process ends without `atexit`.
        Finalize(None, shutil.rmtree, args=[made, True], exitpriority=0)
    else:
        atexit.register(shutil.rmtree, made, ignore_errors=True)
    logger.warning(
        "The test database %s has its staging area in %s, which is removed at exit: "
        "MEDIA_STAGING['ROOT'] belongs to the real one. Override it in tests to choose a folder.",
        database,
        made,
    )
    return made
