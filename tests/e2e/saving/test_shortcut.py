"""Ctrl+S and Cmd+S save, on every layout and with Caps Lock; other chords are the browser's."""

from playwright.sync_api import Page, expect

from tests.e2e.panel import ON_S3
from tests.e2e.shop import make_product, toast

pytestmark = ON_S3

NAME = "[name=name]"
ALT, CTRL, META, SHIFT = 1, 2, 4, 8
# What the key writes, and where it is on the keyboard.
SAVES = {
    "Caps Lock": ("S", "KeyS", CTRL),
    "Russian": ("ы", "KeyS", CTRL),
    "Greek, on a Mac": ("σ", "KeyS", META),
    "Turkish F": ("s", "KeyK", CTRL),
    "Dvorak": ("s", "Semicolon", CTRL),
}
OTHERS = {
    "save as": ("S", "KeyS", CTRL | SHIFT),
    "AltGr": ("ś", "KeyS", CTRL | ALT),
    "open, on Dvorak": ("o", "KeyS", CTRL),
    "ş": ("ş", "Semicolon", CTRL),
    "no chord": ("s", "KeyS", 0),
}


def press(page: Page, key: str, code: str, modifiers: int) -> None:
    keyboard = page.context.new_cdp_session(page)
    event = {"key": key, "code": code, "modifiers": modifiers}
    for kind in ("rawKeyDown", "keyUp"):
        keyboard.send("Input.dispatchKeyEvent", {"type": kind, **event})


def test_the_letter_saves_wherever_it_is(page: Page) -> None:
    page.goto(make_product(page, "Keys"))
    for layout, chord in SAVES.items():
        page.fill(NAME, layout)
        press(page, *chord)
        expect(page.locator("h1")).to_have_text(layout)
    toast(page, "Product saved")


def test_other_chords_save_nothing(page: Page) -> None:
    page.goto(make_product(page, "Keys"))
    page.fill(NAME, "Not saved")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    for chord in OTHERS.values():
        press(page, *chord)
    # While it is asked whether to discard, the answer is waited for.
    page.click("[data-discard]")
    press(page, *SAVES["Caps Lock"])
    page.keyboard.press("Escape")
    expect(page.locator("[data-unsaved]")).to_be_visible()
    assert "POST" not in sent


def test_a_new_product_is_saved_by_it_too(page: Page) -> None:
    page.goto("/products/new/")
    page.fill(NAME, "By key")
    page.fill("[name=price]", "1")
    press(page, *SAVES["Russian"])
    expect(page.locator("h1")).to_have_text("By key")
