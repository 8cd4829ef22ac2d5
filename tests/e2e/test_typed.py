"""What people type is read by the browser as by the server: `tests/products/typed.json`."""

import json
from pathlib import Path

from playwright.sync_api import Page

CASES = json.loads((Path(__file__).parents[1] / "products" / "typed.json").read_text())
READ = """async (cases) => {
    const script = [...document.querySelectorAll("script[type=module]")].map((each) => each.src)
        .find((src) => src.includes("/products/"));
    const typed = await import(new URL("typed.js", script));
    return {
        numbers: cases.numbers.map(([text, tag]) => [
            text, tag, typed.price(text, tag), typed.wholeNumber(text, tag),
        ]),
        lines: cases.lines.map(([text]) => [text, typed.line(text)]),
        codes: cases.codes.map(([text]) => [text, typed.code(text)]),
    };
}"""


def test_the_browser_reads_what_is_typed_as_the_server_does(page: Page) -> None:
    page.goto("/products/new/")
    expected = {name: CASES[name] for name in ("numbers", "lines", "codes")}
    assert page.evaluate(READ, CASES) == expected
