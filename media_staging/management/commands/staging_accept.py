from typing import Any

from django.core.management.base import CommandError, CommandParser

from media_staging import remotes
from media_staging.area import staging
from media_staging.conf import conf
from media_staging.errors import StagingUnavailable, TransferError
from media_staging.management.output import ReportingCommand
from media_staging.removal import acceptance
from media_staging.upkeep import takeover


class Command(ReportingCommand):
    help = (
        "You say that this database owns the staging area, or the prefix of a remote: what nobody "
        "needs there is deleted again. Whoever had it before stops deleting. It tells what that "
        "means, and asks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--area", action="store_true", help="the staging area on this disk")
        what.add_argument("--remote", metavar="NAME", help="the prefix of this entry of REMOTES")
        parser.add_argument(
            "--no-input", "--noinput", action="store_true", help="do not tell, do not ask"
        )

    def handle(self, **options: Any) -> None:
        accept = self.accept_prefix if options["remote"] else self.accept_area
        accept(**options)

    def accept_area(self, **options: Any) -> None:
        try:
            if not options["no_input"]:
                with staging.local_errors():
                    self.ask(takeover.of_area())
            acceptance.accept_area()
        except StagingUnavailable as error:
            raise CommandError(error.reason) from error
        self.report({"accepted": str(conf().ROOT)}, as_json=options["json"])

    def accept_prefix(self, **options: Any) -> None:
        name, known = options["remote"], sorted({*conf().REMOTES, conf().REMOTE})
        if name not in known:
            raise CommandError(
                f"There is no remote {name}. Say one of: {', '.join(known)}.", returncode=2
            )
        remote = remotes.get(name)
        try:
            if not options["no_input"]:
                self.ask(takeover.of_prefix(remote))
            accepted = acceptance.accept_prefix(remote)
        except TransferError as error:
            raise CommandError(f"The remote cannot be marked: {error}. Try it again.") from error
        if not accepted:
            raise CommandError("Another database has marked it at the same moment. Try it again.")
        self.report({"accepted": remote.address}, as_json=options["json"])
