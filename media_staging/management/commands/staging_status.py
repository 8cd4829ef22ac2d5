from dataclasses import asdict
from typing import Any

from media_staging.management.output import ReportingCommand
from media_staging.removal import leftovers
from media_staging.states import places
from media_staging.web import dashboard


class Command(ReportingCommand):
    help = "Shows how many files wait, move, failed; the oldest; the free disk; the remotes."

    def handle(self, **options: Any) -> None:
        oldest = dashboard.oldest_waiting()
        states = dashboard.counts()
        available = dashboard.availability()
        elsewhere, left = places.elsewhere(), leftovers.causes()
        unavailable = dashboard.area_trouble()
        self.report(
            {
                "states": states,
                "oldest_waiting_seconds": oldest.total_seconds() if oldest else 0,
                "free_bytes": dashboard.free_bytes(),
                "remote": {"available": all(available.values())},
                "remotes": {name: {"available": is_up} for name, is_up in available.items()},
                "elsewhere": [asdict(each) for each in elsewhere],
                "leftovers": [
                    {"reason": each.in_english, "files": each.files, "keys": each.keys}
                    for each in left
                ],
                **({"staging_area": unavailable} if unavailable else {}),
            },
            as_json=options["json"],
        )
        if not options["json"]:
            for each in elsewhere:
                self.stdout.write(str(each))
        self.finish(troubled=bool(states["failed"]["count"] or elsewhere or left or unavailable))
