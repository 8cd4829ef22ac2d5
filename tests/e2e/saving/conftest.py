"""For tests of what is saved."""

import pytest
from playwright.sync_api import Page


@pytest.fixture
def new(page: Page) -> Page:
    page.goto("/products/new/")
    return page
