"""The shop's settings with an adopter's models, and with remotes that a test chooses."""

import json
import os
from typing import Any

# The project's own: `manage.py` puts its folder on the import path.
from settings import *  # noqa: F403
from settings import INSTALLED_APPS, MEDIA_STAGING

REMOTES: dict[str, dict[str, Any]] = json.loads(os.environ["FIELD_REMOTES"])

INSTALLED_APPS = [*INSTALLED_APPS, "owners_app"]
MEDIA_STAGING = {**MEDIA_STAGING, "REMOTE": os.environ["FIELD_REMOTE"], "REMOTES": REMOTES}
