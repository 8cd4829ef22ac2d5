"""System checks: what cannot work stops the start, what may break a promise is named; each with the
way out.

Each file has its own numbers, so that a project can silence them: `settings` E001 to E004, E010 and
W010, `databases` E005 and W001, `disk` W002 and W003, `queue` W004, `uploads` W005 to W007,
`places` W008 (it asks the database: `check --database default`).
"""

from media_staging.upkeep.checks.databases import check_databases
from media_staging.upkeep.checks.disk import check_disk
from media_staging.upkeep.checks.places import check_places
from media_staging.upkeep.checks.queue import check_queue
from media_staging.upkeep.checks.settings import check_settings
from media_staging.upkeep.checks.uploads import check_uploads

__all__ = [
    "check_databases",
    "check_disk",
    "check_places",
    "check_queue",
    "check_settings",
    "check_uploads",
]
