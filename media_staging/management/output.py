"""How the commands of this app report: a short table for people, or JSON for programs."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


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

    def ask(self, told: Iterable[str]) -> None:
        """Go on only if a person, having read this, says yes. Raises CommandError.

        Where nobody can answer, as in a script, the command itself is the word.
        """
        for line in [*told, "Is that right? [yes/no]"]:
            # Programs read the other stream.
            self.stderr.write(line, style_func=str)
        answer = answered()
        if answer is not None and answer.strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was changed.")

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


def answered() -> str | None:
    """A line of the standard input; None when it is at its end, or there is none."""
    try:
        return sys.stdin.readline() or None
    except (AttributeError, OSError, ValueError):
        return None
