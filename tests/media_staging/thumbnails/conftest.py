"""Processes that make pictures small."""

from collections.abc import Iterator

import pytest

from media_staging.thumbnails.rendering import Renderer


@pytest.fixture(scope="module")
def shared() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer
