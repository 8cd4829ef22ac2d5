"""The whole thing as `make run` starts it, and a real Chromium to look at it."""

import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from dev.ports import LOOPBACK, free_port
from tests.dev.running import MakeRun
from tests.support.storages import NAMES, Storage, storage_of

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Two cores may be shared with a browser, an S3 server and two web workers.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session", params=NAMES)
def storage(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Storage]:
    """Where the photos go; a test that breaks the way there mends it again."""
    var_dir = tmp_path_factory.mktemp("shop") / "var"
    with storage_of(request.param, request.getfixturevalue, var_dir) as storage:
        yield storage


@pytest.fixture(scope="session")
def site(storage: Storage) -> Iterator[str]:
    """The address of a running shop with its storage, consumer and the demo catalogue."""
    port = free_port()
    shop = {"VAR_DIR": str(storage.var_dir), "PORT": str(port)}
    run = MakeRun(ROOT, storage.var_dir.parent, {**shop, **storage.env()})
    try:
        run.wait_until_open(120)
        yield f"http://{LOOPBACK}:{port}"
        run.make.terminate()
        run.assert_nothing_is_left(30)
    finally:
        run.kill_everything()


@pytest.fixture(params=[True], ids=["script"])
def context(
    request: pytest.FixtureRequest, browser: Browser, site: str
) -> Iterator[BrowserContext]:
    """Signed in; with JavaScript unless a test asks for none."""
    context = browser.new_context(base_url=site, locale="en-GB", java_script_enabled=request.param)
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must not complain: no error in its console, no report against its CSP."""
    page = context.new_page()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # Chromium reports every refused request; a 422 is how the server names wrong cells.
        if message.type == "error" and "status of 422" not in message.text:
            complaints.append(f"{message.text} ({message.location['url']})")

    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", listen)
    page.goto("/accounts/login/?next=/products/")
    page.fill("[name=username]", "demo")
    page.fill("[name=password]", "demo")
    page.click("main button")
    page.wait_for_url("**/products/")
    yield page
    assert complaints == []


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photos")
    paths = [folder / f"{name}.jpg" for name in ("one", "two", "three", "four", "five")]
    for shade, path in enumerate(paths):
        stream = BytesIO()
        noise = Image.effect_noise((1600, 1200), 60)
        tint = Image.new("L", noise.size, 40 * shade)
        Image.merge("RGB", (noise, tint, noise)).save(stream, "JPEG", quality=85)
        path.write_bytes(stream.getvalue())
    return paths
