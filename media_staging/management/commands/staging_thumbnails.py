from dataclasses import asdict
from typing import Any

from media_staging import thumbnails, transitions
from media_staging.management.output import ReportingCommand
from media_staging.management.stopping import stop_on_signal


class Command(ReportingCommand):
    help = "Makes the thumbnails that are due, unless originals wait for their transfer."

    def handle(self, **options: Any) -> None:
        done = thumbnails.make_due(stop=stop_on_signal())
        waiting = transitions.without_thumbnail().count()
        self.report({**asdict(done), "waiting": waiting}, as_json=options["json"])
        self.finish(troubled=bool(done.given_up))
