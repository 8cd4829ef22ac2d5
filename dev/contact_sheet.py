"""`python -m dev.contact_sheet FILE.png`: each odd picture beside its thumbnail, to be looked at.

Left of each pair what Chromium makes of the file itself, right the thumbnail. What lies behind is
chequered, so that transparency shows. `tests/e2e/test_odd_pictures.py` compares the two by numbers.
"""

import base64
import html
import os
import sys

import django
from playwright.sync_api import sync_playwright

from dev import chromium

PAGE = """<!doctype html><style>
body { font: 12px sans-serif; display: grid; grid-template-columns: repeat(5, 1fr); gap: 12px }
figure { margin: 0 } figcaption { height: 2.5em }
img { width: 48%; height: 110px; object-fit: contain;
  background: repeating-conic-gradient(#ccc 0% 25%, #fff 0% 50%) 0 0 / 16px 16px }
</style>"""
FIGURE = "<figure><figcaption>{}</figcaption><img src='{}'> <img src='{}'></figure>"


def main(target: str) -> None:
    sys.path.insert(1, "site")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    django.setup()
    from media_staging.containers import for_decoder
    from media_staging.models import THUMBNAIL_SIDE
    from media_staging.thumbnails.rendering import Renderer
    from tests.support.as_shown import kind_of
    from tests.support.odd_pictures import SHOWN

    def address(picture: bytes) -> str:
        return f"data:{kind_of(picture)};base64,{base64.b64encode(picture).decode()}"

    figures = []
    with Renderer() as renderer:
        for kind, make in SHOWN.items():
            picture = make()
            (small,) = renderer.render(for_decoder(picture), [THUMBNAIL_SIDE])
            figures.append(FIGURE.format(html.escape(kind), address(picture), address(small.data)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.set_content(PAGE + "".join(figures))
        page.screenshot(path=target, full_page=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
