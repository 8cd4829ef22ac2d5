"""What a page showed, asked for and said in the end: printed with the test that failed on it."""

from playwright.sync_api import Error, Page, Request

KEPT = 40


class LastSeen:
    """Listens to one page; not to its dialogs, which wait for whoever listens to them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._under_way: list[Request] = []
        self._events: list[str] = []
        page.on("request", self._began)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)
        page.on("console", lambda message: self._note(f"console: {message.text}"))

    def _began(self, request: Request) -> None:
        self._under_way.append(request)

    def _note(self, event: str) -> None:
        self._events = [*self._events, event][-KEPT:]

    def _ended(self, request: Request) -> None:
        if request in self._under_way:
            self._under_way.remove(request)
        if "/static/" in request.url:
            return
        answer = request.existing_response
        self._note(f"{answer.status if answer else request.failure} {told(request)}")

    def __str__(self) -> str:
        try:
            shown = self.page.locator("body").inner_text(timeout=1_000)
            marks = self.page.locator("main [class*='is-'], [data-state], [data-unsent]")
            tags = marks.evaluate_all("all => all.map(one => one.cloneNode(false).outerHTML)")
        except Error as error:
            shown, tags = str(error), []
        waiting = [f"no answer yet: {told(request)}" for request in self._under_way]
        return "\n".join([self.page.url, *self._events, *waiting, *tags, shown])


def told(request: Request) -> str:
    return f"{request.method} {request.url}"
