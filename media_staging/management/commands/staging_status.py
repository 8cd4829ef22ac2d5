from typing import Any

from media_staging.management.output import ReportingCommand
from media_staging.web import dashboard


class Command(ReportingCommand):
    help = "Shows how many files wait, move, failed; the oldest; the free disk; the remote."

    def handle(self, **options: Any) -> None:
        oldest = dashboard.oldest_waiting()
        states = dashboard.counts()
        self.report(
            {
                "states": states,
                "oldest_waiting_seconds": oldest.total_seconds() if oldest else 0,
                "free_bytes": dashboard.free_bytes(),
                "remote": {"available": dashboard.is_remote_available()},
            },
            as_json=options["json"],
        )
        self.finish(troubled=bool(states["failed"]["count"]))
