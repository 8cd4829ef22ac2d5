import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from media_staging.errors import MediaStagingError
from products.demo.load import PASSWORD, USERNAME, load_demo

WARNING = f"Anybody can sign in as {USERNAME} / {PASSWORD}: this user is for trying things out."


class Command(BaseCommand):
    help = (
        "Adds a demo catalogue with photos, and the superuser "
        f"{USERNAME} / {PASSWORD}. For trying things out, never for a shop that others can reach. "
        "Changes nothing when it was run before."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
        parser.add_argument("--migrate", action="store_true", help="run migrate first")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["migrate"]:
            call_command("migrate", interactive=False, verbosity=0 if options["json"] else 1)
        try:
            added = asdict(load_demo())
        except MediaStagingError as error:
            raise CommandError(str(error.message)) from error
        if options["json"]:
            self.stdout.write(json.dumps(added))
        else:
            self.stdout.write("\n".join(f"{name:<10}{count:>5}" for name, count in added.items()))
        if added["users"]:
            self.stderr.write(self.style.WARNING(WARNING))
