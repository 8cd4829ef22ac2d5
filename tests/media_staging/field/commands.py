"""Commands of manage.py, each a process of its own: forks of one in which Django is set up already.

To start Python and to set up Django takes ten times as long as what most commands then do.
"""

import multiprocessing
import os
import runpy
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

# What takes long to import and asks for no settings.
LIBRARIES = [
    *("django.contrib.admin", "django.core.management", "django.core.mail", "django.views.generic"),
    *("boto3", "cloudinary.api", "cloudinary.uploader", "huey.api", "PIL.Image", "psycopg"),
]
servers = multiprocessing.get_context("forkserver")
servers.set_forkserver_preload(LIBRARIES)
forks = multiprocessing.get_context("fork")


class Commands:
    """Runs commands of the project in a folder, under one environment. Ends with `close`."""

    def __init__(self, project: Path, env: Mapping[str, str]) -> None:
        self._pipe, theirs = servers.Pipe()
        self._server = servers.Process(target=serve, args=(theirs, project, dict(env)))
        self._server.start()
        theirs.close()

    def run(self, arguments: Sequence[str], typed: Path, output: Path, errors: Path) -> int:
        """The exit code. Raises EOFError when Django could not be set up; stderr says why."""
        self._pipe.send((arguments, typed, output, errors))
        return int(self._pipe.recv())

    def close(self) -> None:
        self._pipe.close()
        self._server.join()


def serve(commands: Connection, project: Path, env: Mapping[str, str]) -> None:
    """Set up Django once, then fork for each command."""
    os.environ.update(env)
    os.chdir(project)
    sys.path[:0] = [str(project), str(project / "site"), *env["PYTHONPATH"].split(os.pathsep)]
    set_up()
    while True:
        try:
            asked = commands.recv()
        except EOFError:
            return
        child = forks.Process(target=command, args=asked)
        child.start()
        child.join()
        commands.send(child.exitcode)


def set_up() -> None:
    """Import all that a command would, and open nothing that a fork must not share."""
    import django

    django.setup()
    from django.db import connections
    from django.urls import get_resolver

    assert get_resolver().url_patterns
    assert threading.active_count() == 1
    assert not any(each.connection for each in connections.all(initialized_only=True))


def command(arguments: Sequence[str], typed: Path, output: Path, errors: Path) -> None:
    """What a new interpreter would do with manage.py. Raises SystemExit."""
    sys.stdin = typed.open()
    for path, number in ((output, 1), (errors, 2)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), number)
    sys.argv = ["manage.py", *arguments]
    runpy.run_path("manage.py", run_name="__main__")
