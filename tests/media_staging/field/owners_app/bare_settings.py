"""A project in which no model could refer to a file."""

from owners_app.settings import *  # noqa: F403
from owners_app.settings import INSTALLED_APPS

INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in {"products", "owners_app"}]
ROOT_URLCONF = "owners_app.bare_urls"
