"""For tests of what is saved."""

import pytest
from playwright.sync_api import Page

from tests.e2e.complaints import Complaints


@pytest.fixture
def broken(complaints: Complaints) -> None:
    """The test breaks requests on purpose, and Chromium complains of each."""
    complaints.expect("Failed to load resource")


@pytest.fixture
def new(page: Page) -> Page:
    page.goto("/products/new/")
    return page
