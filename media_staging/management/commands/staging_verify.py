from typing import Any

from django.core.management.base import CommandError, CommandParser

from media_staging.area import staging
from media_staging.errors import StagingUnavailable
from media_staging.management.output import ReportingCommand
from media_staging.upkeep import audit

REPAIR = """
synced, and whole on one side: `manage.py staging_verify --repair` sends the local copy again, or
gives up a damaged local copy
not synced yet, and missing or corrupt on the local disk: restore the file from a backup of the
staging area and run `manage.py staging_retry KEY`, or upload the picture again; it is never
uploaded or deleted by itself
synced, evicted, and missing or corrupt on the remote: restore the object from a backup or an
earlier version of the bucket
orphans: `manage.py staging_cleanup` takes them away
dangling: these refer to files without a row: the rows were lost. Restore them from a dump of the
database, or upload the files again
refused: each says why, and what to do
elsewhere: their place is not in the settings any more; put its entry back into REMOTES
unasked: the remote does not answer; run this again when it does"""


class Command(ReportingCommand):
    help = "Compares rows, local files and remote objects; changes nothing, unless told to repair."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--checksums", action="store_true", help="read every byte")
        parser.add_argument(
            "--repair",
            action="store_true",
            help="read every byte, and let the side that is whole stand in for the other one",
        )

    def handle(self, **options: Any) -> None:
        try:
            with staging.local_errors():
                findings = audit.verify(checksums=options["checksums"], repair=options["repair"])
        except StagingUnavailable as error:
            raise CommandError(error.reason) from error
        self.report(findings.as_json(), as_json=options["json"])
        if not findings.is_clean and not options["json"]:
            self.stdout.write(REPAIR)
        self.finish(troubled=not findings.is_clean)
