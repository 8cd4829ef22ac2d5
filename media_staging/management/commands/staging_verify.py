from typing import Any

from django.core.management.base import CommandError, CommandParser

from media_staging import audit
from media_staging.errors import MediaStagingError, StagingUnavailable
from media_staging.management.output import ReportingCommand

REPAIR = """
missing or corrupt on the remote only: the next eviction notices and sends the local copy again
missing or corrupt on the local disk: restore the file from a backup of the staging area, or upload
the picture again; it is never uploaded or deleted by itself
orphans: `manage.py staging_cleanup` takes them away"""


class Command(ReportingCommand):
    help = "Compares rows, local files and remote objects; changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--checksums", action="store_true", help="read every byte")

    def handle(self, **options: Any) -> None:
        try:
            findings = audit.verify(checksums=options["checksums"])
        except StagingUnavailable as error:
            raise CommandError(error.reason) from error
        except MediaStagingError as error:
            raise CommandError(f"The remote cannot be compared: {error}") from error
        self.report(findings.as_json(), as_json=options["json"])
        if not findings.is_clean and not options["json"]:
            self.stdout.write(REPAIR)
        self.finish(troubled=not findings.is_clean)
