"""Where Chromium is on this machine."""

import shutil

# The first is the same browser without the windows that nobody would see.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    return next(filter(None, map(shutil.which, PROGRAMS)), None)
