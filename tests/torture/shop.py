"""The shop under fire: one web server and two consumers that can be told to die at a call."""

from http.client import HTTPException

from bench.site import Client
from dev.processes import Child
from tests.support.site import Site
from tests.torture.orders import Orders

WEB = "web"
CONSUMERS = ("consumer-1", "consumer-2")
PRODUCTS = 20
PUT_OFF = """
    SELECT image.id FROM products_productimage image
    JOIN media_staging_stagedfile file ON file.id = image.file_id
    WHERE file.status IN ('staged', 'failed') AND file.error_code <> ''
"""


class Shop:
    """The processes of a site by name, started again when they have ended."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.orders = {
            WEB: Orders(site.logs / "web.order"),
            **dict.fromkeys(CONSUMERS, Orders(site.logs / "consumer.order")),
        }
        self.running: dict[str, Child] = {}
        self.products: list[int] = []

    def open(self) -> None:
        self.products = self.site.prepare(PRODUCTS)
        self.revive()

    def revive(self) -> None:
        """Start what has ended; the web server answers when this returns."""
        for name in (*CONSUMERS, WEB):
            if name not in self.running or not self.running[name].is_running():
                self.running[name] = self._start(name)

    def _start(self, name: str) -> Child:
        env = self.orders[name].env
        return (
            self.site.start_web(**env) if name == WEB else self.site.start(name, "run_huey", **env)
        )

    def nudge(self, client: Client, most: int = 1) -> None:
        """Press Retry on what was put off, as somebody who cannot wait for the breaker would."""
        for (image,) in self.site.rows(f"{PUT_OFF} LIMIT {most}"):
            try:
                client.post(f"/products/images/{image}/retry/", b"", "text/plain")
            except (OSError, HTTPException):
                client.reconnect()
