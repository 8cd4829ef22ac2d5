from typing import Any

from django.core.management.base import CommandError, CommandParser

from media_staging.management.output import ReportingCommand
from media_staging.models import StagedFile
from media_staging.web import requeue


class Command(ReportingCommand):
    help = "Puts failed files back in line."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("keys", nargs="*", metavar="KEY")
        parser.add_argument("--all", action="store_true", help="every failed file")

    def handle(self, **options: Any) -> None:
        keys = options["keys"]
        if bool(keys) == options["all"]:
            raise CommandError("Name the keys to retry, or say --all.", returncode=2)
        retried = self.retry(keys) if keys else requeue.retry_failed()
        self.report({"retried": retried}, as_json=options["json"])

    def retry(self, keys: list[str]) -> int:
        files = StagedFile.objects.filter(key__in=keys)
        unknown = sorted(set(keys) - set(files.values_list("key", flat=True)))
        if unknown:
            raise CommandError(f"No such file: {', '.join(unknown)}", returncode=1)
        return requeue.retry(files.values_list("pk", flat=True))
