from typing import Any

from django.core.management.base import CommandError, CommandParser

from media_staging import remotes
from media_staging.conf import conf
from media_staging.errors import StagingUnavailable, TransferError
from media_staging.management.output import ReportingCommand
from media_staging.removal import acceptance


class Command(ReportingCommand):
    help = (
        "You say that this database owns the staging area, or the prefix of a remote: what nobody "
        "needs there is deleted again. Whoever had it before stops deleting."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--area", action="store_true", help="the staging area on this disk")
        what.add_argument("--remote", metavar="NAME", help="the prefix of this entry of REMOTES")

    def handle(self, **options: Any) -> None:
        if options["area"]:
            self.accept_area(as_json=options["json"])
        else:
            self.accept_prefix(options["remote"], as_json=options["json"])

    def accept_area(self, *, as_json: bool) -> None:
        try:
            acceptance.accept_area()
        except StagingUnavailable as error:
            raise CommandError(error.reason) from error
        self.report({"accepted": str(conf().ROOT)}, as_json=as_json)

    def accept_prefix(self, name: str, *, as_json: bool) -> None:
        known = sorted({*conf().REMOTES, conf().REMOTE})
        if name not in known:
            raise CommandError(
                f"There is no remote {name}. Say one of: {', '.join(known)}.", returncode=2
            )
        remote = remotes.get(name)
        try:
            accepted = acceptance.accept_prefix(remote)
        except TransferError as error:
            raise CommandError(f"The remote cannot be marked: {error}. Try it again.") from error
        if not accepted:
            raise CommandError("Another database has marked it at the same moment. Try it again.")
        self.report({"accepted": remote.address}, as_json=as_json)
