from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from media_staging.management.output import ReportingCommand
from media_staging.states import transitions
from media_staging.thumbnails import making
from media_staging.upkeep import cleanup


class Command(ReportingCommand):
    help = "One round of every cleanup: expired local copies, deleted files, orphans."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="list only, change nothing")
        parser.add_argument(
            "--no-sweep",
            action="store_true",
            help="without the search for orphans, which reads the listings of disk and remotes",
        )

    def handle(self, **options: Any) -> None:
        if not options["dry_run"]:
            transitions.purge_now()
            # Evict waits for them.
            making.make_due()
        answer = asdict(
            cleanup.run_round(dry_run=options["dry_run"], sweeping=not options["no_sweep"])
        )
        troubled = answer.pop("troubled")
        if not answer["stuck"]:
            del answer["stuck"]
        self.report(answer, as_json=options["json"])
        self.finish(troubled=troubled)
