"""The whole thing as `make run` starts it, and a real Chromium to look at it."""

import os
import re
import signal
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    expect,
    sync_playwright,
)

from dev import chromium
from dev.ports import free_port
from dev.processes import wait_for
from tests.dev.running import MakeRun
from tests.e2e.complaints import Complaints
from tests.e2e.last_seen import LastSeen
from tests.support.storages import NAMES, Storage, storage_of

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

LAST_SEEN = pytest.StashKey[LastSeen]()

# Two cores may be shared with a browser, an S3 server and two web workers. Longer than a page
# listens to a server that says nothing, so that the page's own word on it is in the report.
PATIENCE_MS = 40_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call" and report.failed and LAST_SEEN in item.stash:
        report.sections.append(("what the page showed", str(item.stash[LAST_SEEN])))
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium.find()
    if program is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
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
def shop(storage: Storage) -> Iterator[MakeRun]:
    """A running shop with its storage, consumer and the demo catalogue."""
    env = {"VAR_DIR": str(storage.var_dir), "PORT": str(free_port()), **storage.env()}
    run = MakeRun(ROOT, storage.var_dir.parent, env)
    try:
        run.wait_until_open(120)
        yield run
        run.make.terminate()
        run.assert_nothing_is_left(30)
    finally:
        run.kill_everything()


@pytest.fixture(scope="session")
def site(shop: MakeRun) -> str:
    """Its address."""
    match = re.search(r"http://\S+", shop.output)
    assert match
    return match[0].rstrip("/")


@pytest.fixture
def paused_consumer(shop: MakeRun, storage: Storage) -> Iterator[None]:
    """Nothing is transferred while the test runs."""
    consumers = [pid for pid, command in shop.processes().items() if "run_huey" in command]
    databases = [storage.var_dir / name for name in ("db.sqlite3", "queue.sqlite3")]

    def tell(number: int) -> None:
        for pid in consumers:
            os.kill(pid, number)

    def pause_between_writes() -> bool:
        tell(signal.SIGSTOP)
        assert wait_for(lambda: all(map(is_stopped, consumers)), 20)
        if not any(map(is_locked, databases)):
            return True
        tell(signal.SIGCONT)
        return False

    try:
        assert wait_for(pause_between_writes, 20, 0.1)
        yield
    finally:
        tell(signal.SIGCONT)


def is_stopped(pid: int) -> bool:
    stats = [each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(stat.rpartition(")")[2].split()[0] == "T" for stat in stats)


def is_locked(database: Path) -> bool:
    """Tell whether somebody is writing there, who would keep everybody else from it."""
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


@pytest.fixture(params=[True], ids=["script"])
def context(
    request: pytest.FixtureRequest, browser: Browser, site: str
) -> Iterator[BrowserContext]:
    """Not signed in yet; with JavaScript unless a test asks for none."""
    context = browser.new_context(base_url=site, locale="en-GB", java_script_enabled=request.param)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def broken(complaints: Complaints) -> None:
    """The test breaks requests on purpose, and Chromium complains of each."""
    complaints.expect("Failed to load resource")


def sign_in(context: BrowserContext) -> None:
    """As somebody who may do everything."""
    address = "/accounts/login/"
    context.request.get(address)
    (token,) = (one["value"] for one in context.cookies() if one["name"] == "csrftoken")
    fields: dict[str, str | float | bool] = {"username": "demo", "password": "demo"}
    answer = context.request.post(address, form=fields, headers={"X-CSRFToken": token})
    assert answer.url.endswith("/products/")


@pytest.fixture(scope="session")
def session_cookies(browser: Browser, site: str) -> list[Any]:
    """Of one sign-in for all tests: checking a password is slow on purpose."""
    context = browser.new_context(base_url=site)
    sign_in(context)
    cookies = context.cookies()
    context.close()
    return cookies


@pytest.fixture
def page(
    request: pytest.FixtureRequest,
    context: BrowserContext,
    session_cookies: list[Any],
    complaints: Complaints,
) -> Iterator[Page]:
    """Signed in, and must not complain: no error in its console, no report against its CSP."""
    context.add_cookies(session_cookies)
    page = context.new_page()
    complaints.listen(page)
    request.node.stash[LAST_SEEN] = LastSeen(page)
    yield page
    assert complaints.unexpected == []


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


@pytest.fixture(scope="session")
def small_photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Of the same names, quick to send; no two alike."""
    folder = tmp_path_factory.mktemp("small")
    paths = [folder / f"{name}.jpg" for name in ("one", "two", "three", "four", "five")]
    for hue, path in enumerate(paths):
        Image.new("HSV", (320, 240), (50 * hue, 160, 200)).convert("RGB").save(path, "JPEG")
    return paths
