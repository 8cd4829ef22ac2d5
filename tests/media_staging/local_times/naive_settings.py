"""The shop in a project that keeps local times."""

from settings import *  # noqa: F403

USE_TZ = False
TIME_ZONE = "America/Chicago"
