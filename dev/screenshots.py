"""Behind `make screenshots`: the shop in a browser, with photos on a slow way to their storage.

The pictures in docs/images are made again, each in one browser window of a common size.
"""

import os
import re
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import (
    Browser,
    FilePayload,
    Locator,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from dev import chromium
from dev.ports import LOOPBACK, free_port
from dev.processes import Child, start, wait_for
from dev.proxies.tcp import DelayProxy
from dev.servers.seaweedfs import SeaweedFS
from products.demo.catalogue import CATALOGUE, PHOTOS

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "images"

DESK = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=320, height=693)
COLOURS = 256
OPEN_SECONDS = 60.0

MUG = CATALOGUE[0]
# New photos: parts of old ones (left, upper, right and lower edge), enlarged to files so large that
# what the network takes before it waits is only a part of each.
CLOSE_UPS = {
    "IMG_4310.JPG": ("IMG_4183.JPG", (40, 350, 940, 1025), (3600, 2700)),
    "IMG_4311.JPG": ("IMG_4186.JPG", (520, 620, 1480, 1340), (4800, 3600)),
}
GRAIN = 40


def main() -> int:
    """Make all pictures; 1 with one line for a person when there is no browser."""
    browser = chromium.find()
    if browser is None:
        print("make screenshots needs Chromium: apt install chromium", file=sys.stderr)
        return 1
    with ExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory())
        server = opened.enter_context(SeaweedFS())
        network = opened.enter_context(DelayProxy(LOOPBACK, server.port))
        env = {**server.env(), "S3_ENDPOINT_URL": f"http://{network.address}"}
        address = opened.enter_context(open_shop(Path(folder), env))
        window = opened.enter_context(started(browser))
        Photographer(sign_in(window, address), network).take_all()
    return 0


# --- The shop and its visitor -------------------------------------------------------------------


@contextmanager
def open_shop(folder: Path, env: dict[str, str]) -> Iterator[str]:
    """The address of a shop of our own, as `make run` starts it, with the demo catalogue."""
    port = free_port()
    settings = {"VAR_DIR": str(folder / "var"), "PORT": str(port), "MEDIA_REMOTE": "s3", **env}
    command = [sys.executable, "-m", "dev.run"]
    shop = start(
        "shop",
        command,
        log=folder / "shop.log",
        env=settings,
        cwd=ROOT,
        death_signal=signal.SIGTERM,
    )
    try:
        wait_for(lambda: is_open(shop) or not shop.is_running(), OPEN_SECONDS, 0.2)
        if not is_open(shop):
            raise RuntimeError(f"the shop did not open:\n{shop.log_tail()}")
        yield f"http://{LOOPBACK}:{port}"
    finally:
        shop.stop(30)


def is_open(shop: Child) -> bool:
    return "Ctrl-C stops everything" in shop.log_tail()


@contextmanager
def started(path: str) -> Iterator[Browser]:
    # Chromium refuses to run as root inside its own sandbox.
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


def sign_in(browser: Browser, address: str) -> Page:
    context = browser.new_context(
        base_url=address, locale="en-GB", viewport=DESK, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=username]", "demo")
    page.fill("[name=password]", "demo")
    page.click("main button")
    page.wait_for_url("**/products/")
    return page


# --- The pictures -------------------------------------------------------------------------------


class Photographer:
    """Brings the page into a state worth a picture, and takes it."""

    def __init__(self, page: Page, network: DelayProxy) -> None:
        self.page = page
        self.network = network
        expect.set_options(timeout=60_000)

    def take_all(self) -> None:
        self.all_is_safe()
        self.in_transfer()
        self.all_is_safe()
        self.page.goto("/products/")
        self.take("products")
        self.wrong_variants()
        self.on_a_phone()

    def all_is_safe(self) -> None:
        self.page.goto("/staging/")
        word = self.page.locator("#sync-word")
        expect(word).to_contain_text("Safe to stop the server", timeout=120_000)

    def in_transfer(self) -> None:
        photos = [close_up(name) for name in CLOSE_UPS]
        self.open_mug()
        self.network.pause()
        try:
            self.page.set_input_files("[data-images] input[type=file]", photos)
            badges = self.page.locator(".badge--transferring")
            expect(badges.filter(has_text=re.compile(r"\d%"))).to_have_count(len(photos))
            self.page.locator("body").focus()
            self.take("product")
            self.page.emulate_media(color_scheme="dark")
            self.take("product-dark")
            self.page.emulate_media(color_scheme="light")
            self.page.goto("/staging/")
            self.take("sync")
        finally:
            self.network.resume()

    def wrong_variants(self) -> None:
        self.open_mug()
        rows = self.page.locator("[data-rows] [data-row]")
        self.cell(rows, 2, "sku").fill("DEMO-MUG-MOS-250")
        self.cell(rows, 5, "stock").fill("a few")
        self.page.click("[data-save]")
        expect(self.page.locator("#form-problems li a")).to_have_count(2)
        self.page.locator(".variants").evaluate("one => one.scrollIntoView({ block: 'start' })")
        self.take("variants")

    def on_a_phone(self) -> None:
        self.page.set_viewport_size(PHONE)
        self.open_mug()
        self.take("phone")

    def open_mug(self) -> None:
        self.page.goto("/products/")
        self.page.get_by_role("link", name=MUG.name).click()
        expect(self.page.locator("[data-tile][data-id]").first).to_be_visible()
        self.all_is_painted()

    @staticmethod
    def cell(rows: Locator, number: int, field: str) -> Locator:
        return rows.nth(number - 1).locator(f"[data-field={field}]")

    def all_is_painted(self) -> None:
        wait_for(lambda: not self.page.evaluate(PENDING), 20)

    def take(self, name: str) -> None:
        """Write the window as a PNG of few colours, once everything in it is drawn."""
        self.all_is_painted()
        target = PICTURES / f"{name}.png"
        with Image.open(BytesIO(self.page.screenshot())) as picture:
            picture.convert("RGB").quantize(COLOURS, kmeans=3).save(target, optimize=True)
        print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 1024} KB", flush=True)


# Pictures in the window that have not come yet, or a change that has not come to its end. A large
# picture is decoded after it has come, and the window is blank there until then.
PENDING = """
async () => {
  const seen = [...document.images].filter(image => {
    const box = image.getBoundingClientRect();
    return box.top < innerHeight && box.bottom > 0;
  });
  if (!seen.every(image => image.complete)) return true;
  const decoded = await Promise.allSettled(seen.map(image => image.decode()));
  if (decoded.some(one => one.status === "rejected")) return true;
  return document.getAnimations().some(one => one.effect.getTiming().iterations === 1);
}
"""


def close_up(name: str) -> FilePayload:
    """One of the new photos, with the grain that makes large photos large files."""
    original, box, size = CLOSE_UPS[name]
    with Image.open(PHOTOS / original) as photo:
        part = photo.convert("RGB").resize(size, box=box)
    grain = Image.effect_noise(size, GRAIN).convert("RGB")
    data = BytesIO()
    ImageChops.soft_light(part, grain).save(data, "JPEG", quality=95)
    return FilePayload(name=name, mimeType="image/jpeg", buffer=data.getvalue())


if __name__ == "__main__":
    sys.exit(main())
