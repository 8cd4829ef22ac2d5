"""A product page of a web server that has no keys of the storage, though the consumer has."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.site import PASSWORD, USER, Web, production, run
from dev.ports import LOOPBACK
from dev.servers.seaweedfs import SeaweedFS
from tests.e2e.complaints import Complaints
from tests.e2e.panel import TILE, create

NO_KEYS = {
    "AWS_ACCESS_KEY_ID": "",
    "AWS_SECRET_ACCESS_KEY": "",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
    "AWS_CONFIG_FILE": "/nowhere",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Site(Web):
    """Its web server has no keys; its other programs have."""

    def __init__(self, folder: Path, server: SeaweedFS) -> None:
        self.keys = server.env()
        plain = production(folder / "var", **{**self.keys, **NO_KEYS})
        super().__init__({**plain, "DEBUG": "1", "MEDIA_REMOTE": "s3"})

    def command(self, *arguments: str, **env: str) -> None:
        run("manage.py", *arguments, env={**self.env, **self.keys, **env})


@pytest.fixture
def site(tmp_path: Path, s3_server: SeaweedFS) -> Iterator[Site]:
    with Site(tmp_path, s3_server) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site, complaints: Complaints) -> Iterator[Page]:
    context = browser.new_context(base_url=f"http://{LOOPBACK}:{site.port}", locale="en-GB")
    page = context.new_page()
    complaints.listen(page)
    page.goto("/accounts/login/")
    page.fill("[name=username]", USER)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/products/")
    yield page
    assert complaints.unexpected == []
    context.close()


def shown(page: Page) -> list[bool]:
    """Of each tile: whether its picture is there, once all have been tried."""
    pictures = page.locator(f"{TILE} img")
    expect(pictures).to_have_count(2)
    pictures.evaluate_all(
        "all => Promise.all(all.map(each => each.complete || new Promise(tried => {"
        " each.onload = each.onerror = tried; each.loading = 'eager'; })))"
    )
    found: list[bool] = pictures.evaluate_all("all => all.map(each => each.naturalWidth > 0)")
    return found


def test_pictures_are_shown_from_here_and_the_page_lives_without_them(
    page: Page, site: Site, small_photos: list[Path], complaints: Complaints
) -> None:
    create(page, "Mug", small_photos[:2])
    site.command("staging_drain", LOCAL_RETENTION_SECONDS="0")
    page.reload()
    expect(page.locator("main")).to_contain_text("safe in storage")
    assert shown(page) == [True, True]
    sources = page.locator(f"{TILE} img").evaluate_all("all => all.map(each => each.src)")
    assert all(source.startswith(f"http://{LOOPBACK}:{site.port}/media/") for source in sources)

    # Thumbnails are made, then moved; then the local copies go.
    for command in ("staging_cleanup", "staging_drain", "staging_cleanup"):
        site.command(command, LOCAL_RETENTION_SECONDS="0")
    assert not any((site.var_dir / "staging" / "files").rglob("*.*"))
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    complaints.expect("status of 404")
    page.reload()
    expect(page.locator("main")).to_contain_text("safe in storage")
    assert shown(page) == [False, False]
    page.goto("/readyz")
    assert "cannot make addresses of files on s3" in page.content()
