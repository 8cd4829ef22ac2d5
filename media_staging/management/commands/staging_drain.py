import signal
import sys
import threading
from typing import Any

from django.core.management.base import CommandError, CommandParser

from media_staging.management.output import ReportingCommand
from media_staging.transfer import draining, lane
from media_staging.web import dashboard


class Command(ReportingCommand):
    help = "Moves everything that is due now to the remote."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--wait",
            type=float,
            default=0,
            metavar="SECONDS",
            help="keep going through retries until nothing is pending, for at most this long",
        )

    def handle(self, **options: Any) -> None:
        if options["wait"] < 0:
            raise CommandError("--wait takes seconds from 0 on.", returncode=2)
        done = draining.drain(
            wait=options["wait"], stop=stop_on_signal(), observe=self.observer(options["json"])
        )
        states = dashboard.waiting_counts()
        pending = states["staged"]["count"] + states["transferring"]["count"]
        failed = states["failed"]["count"]
        self.report(
            {
                "transferred": done.transferred,
                "bytes": done.bytes,
                "failed": failed,
                "pending": pending,
                "seconds": round(done.seconds, 4),
            },
            as_json=options["json"],
        )
        unavailable = dashboard.area_trouble()
        if unavailable and not done.unavailable:
            self.stderr.write(f"Nothing is transferred: {unavailable}")
        self.finish(troubled=bool(pending or failed or unavailable))

    def observer(self, as_json: bool) -> Any:
        """A progress bar on a terminal, silence elsewhere."""
        if as_json or not sys.stderr.isatty():
            return lambda report: None
        states = dashboard.waiting_counts()
        total = max(1, states["staged"]["count"] + states["transferring"]["count"])

        def draw(report: lane.Report) -> None:
            filled = min(30, 30 * report.transferred // total)
            bar = "#" * filled + "." * (30 - filled)
            self.stderr.write(f"\r[{bar}] {report.transferred}/{total}", ending="")
            if report.transferred >= total:
                self.stderr.write("")

        return draw


def stop_on_signal() -> threading.Event:
    """The first SIGINT or SIGTERM gives unfinished work back; a second one ends at once."""
    stop = threading.Event()

    def handle(signum: int, frame: Any) -> None:
        stop.set()
        signal.signal(signum, signal.SIG_DFL)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handle)
        signal.signal(signal.SIGTERM, handle)
    return stop
