"""How the commands of this app report: a short table for people, or JSON for programs."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class ReportingCommand(BaseCommand):
    """Prints one report. `--json` prints it as JSON; exit code 1 says that a person is needed."""

    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def report(self, answer: Mapping[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(answer, default=str))
            return
        width = max(map(len, answer), default=0)
        for name, value in answer.items():
            self.stdout.write(f"{name.replace('_', ' '):<{width}}  {shown(value)}")

    def finish(self, *, troubled: bool) -> None:
        if troubled:
            raise SystemExit(1)


def shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(each)}" for name, each in value.items()) or "none"
    if isinstance(value, list):
        return "\n    ".join(["", *map(shown, value)]) if value else "none"
    if isinstance(value, float):
        return f"{value:.2f}"
    return str(value)
