"""What was lost in the field, each case as a test through commands and pages.

All of them failed on the first version, but for where no model refers to files: it swept nothing
there either. The sites of a test share nothing but what it gives to both.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.media_staging.field.sites import Prefix, Site, make_unused
from tests.support.storages import NAMES, Storage, storage_of

MakeSite = Callable[..., Site]


@pytest.fixture(scope="session")
def unused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_unused(tmp_path_factory.mktemp("unused"))


@pytest.fixture(params=NAMES)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    with storage_of(request.param, request.getfixturevalue, tmp_path / "shared") as storage:
        yield storage


@pytest.fixture
def prefix(storage: Storage) -> Prefix:
    """Nothing is in it yet, and nobody has marked it."""
    return Prefix(storage, f"field-{uuid4().hex}")


@pytest.fixture
def make_site(tmp_path: Path, unused: Path) -> Iterator[MakeSite]:
    with ExitStack() as sites:

        def make(entries: Mapping[str, Any], name: str = "site", **env: str) -> Site:
            return sites.enter_context(Site(tmp_path / name, unused, entries, **env))

        yield make
