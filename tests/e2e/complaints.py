"""What a page complains about, told apart from what a test brings about on purpose."""

from playwright.sync_api import ConsoleMessage, Page


class Complaints:
    """Errors in the console, uncaught exceptions, and reports against the page's own policy.

    Chromium reports every refused request there too, so a test that breaks something says so with
    `expect` before it does.
    """

    def __init__(self) -> None:
        self._found: list[str] = []
        # How the server names what is wrong in a save, and what others changed meanwhile.
        self._expected = ["status of 422", "status of 409"]

    def expect(self, *texts: str) -> None:
        self._expected += texts

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self._found.append(str(error)))
        page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._found.append(f"{message.text} ({message.location['url']})")

    @property
    def unexpected(self) -> list[str]:
        return [found for found in self._found if not any(text in found for text in self._expected)]
