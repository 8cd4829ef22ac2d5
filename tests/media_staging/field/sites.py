"""Sites as people run them: each with a VAR_DIR, a database file and remotes of its own.

Their commands are processes (see `commands`), their pages are served by gunicorn. What came of it
is seen from outside: what is stored, what is answered.
"""

import json
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from cloudinary import uploader

from bench.site import PASSWORD, ROOT, USER, Project, production
from dev.processes import Child, start
from media_staging.remotes.base import PREFIX_MARK
from tests.media_staging.field.commands import Commands
from tests.support.storages import OnFolder, Storage

# The project whose code the sites run.
PROJECT = ROOT
HERE = Path(__file__).parent
# Nobody waits: what has no owner is swept, and what was deleted is purged, by the next cleanup.
NOW = {
    "ORPHAN_GRACE_SECONDS": "0",
    "UNDO_SECONDS": "0",
    "STAGING_MIN_FREE_BYTES": "0",
    "LOCAL_RETENTION_SECONDS": "86400",
    "LEASE_SECONDS": "600",
}
Contents = dict[str, str]


@dataclass(frozen=True)
class Answer:
    """Of a command."""

    code: int
    text: str
    errors: str

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.text)
        except ValueError:
            raise AssertionError(f"no answer: {self.text}{self.errors}") from None

    @property
    def refused(self) -> set[str]:
        return {each["key"].removeprefix("files/") for each in self.json["refused"]}


class Prefix:
    """A part of a storage, seen past the app."""

    def __init__(self, storage: Storage, location: str, **more: Any) -> None:
        self.storage = storage
        self.location = location
        self.options = {**storage.options(location), **more}
        self.remote: Any = type(storage.remote())(**self.options)

    @property
    def entry(self) -> dict[str, dict[str, Any]]:
        """As REMOTES has it."""
        return {self.storage.name: self.options}

    def contents(self) -> Contents:
        """The hashes of everything there, by key."""
        keys = [each.key for each in self.remote.objects()]
        return {
            key: sha256(b"".join(self.remote.read(key))).hexdigest()
            for key in keys
            if not key.endswith(PREFIX_MARK)
        }

    def put(self, key: str, data: bytes) -> Contents:
        """Store it as another program would."""
        if self.storage.name == "s3":
            target = {"Bucket": self.remote.bucket, "Key": self.remote.object_key(key)}
            self.remote.client.put_object(**target, Body=data)
        elif self.storage.name == "cloudinary":
            kind, public_id = self.remote.resource(key)
            target = {"public_id": public_id, "resource_type": kind}
            uploader.upload(BytesIO(data), **target, **self.remote.account.options())
        else:
            assert isinstance(self.storage, OnFolder)
            path = self.remote.root / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return {key: sha256(data).hexdigest()}


class Site(Project):
    """A migrated project on `folder`, made from the files of one that nobody has used yet."""

    settings = "owners_app.settings"

    def __init__(self, folder: Path, made: Path, entries: Mapping[str, Any], **env: str) -> None:
        """`made` is such a project's VAR_DIR; new files go to the first of the entries."""
        var_dir = folder / "var"
        self.entries = dict(entries)
        more = {"DEBUG": "1", "PYTHONPATH": str(HERE), **NOW, **env}
        super().__init__({**production(var_dir), **more}, logs=folder / "logs")
        self.logs.mkdir(parents=True, exist_ok=True)
        self._commands: dict[str, Commands] = {}
        if not var_dir.exists():
            shutil.copytree(made, var_dir)
            self._become_another_database()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for each in self._commands.values():
            each.close()
        super().__exit__(*error)

    # --- Commands --------------------------------------------------------------------------------

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        remotes = json.dumps(self.entries, default=str)
        chosen = {"FIELD_REMOTES": remotes, "FIELD_REMOTE": next(iter(self.entries))}
        return {**self.env, **chosen, **env}

    def command(self, *arguments: str, typed: str = "", **env: str) -> Answer:
        environment = self.environment(env)
        commands = self._commands.get(json.dumps(environment))
        if commands is None:
            commands = self._commands[json.dumps(environment)] = Commands(PROJECT, environment)
        answers, output, errors = (self.logs / name for name in ("typed", "output", "errors"))
        answers.write_text(typed)
        code = commands.run(arguments, answers, output, errors)
        answer = Answer(code, output.read_text(), errors.read_text())
        assert code in (0, 1), f"{arguments}: {answer.text}{answer.errors}"
        return answer

    def cleanup(self, *arguments: str, **env: str) -> Answer:
        return self.command("staging_cleanup", "--json", *arguments, **env)

    def drain(self) -> Answer:
        return self.command("staging_drain", "--json")

    def verify(self) -> Answer:
        return self.command("staging_verify", "--json")

    def accept(self, *names: str) -> None:
        for name in names:
            arguments = ("--area",) if name == "area" else ("--remote", name)
            assert self.command("staging_accept", *arguments).code == 0

    def do(self, source: str, **env: str) -> Any:
        """Run statements of `owners_app.doings`; what the last one, `made = …`, has made."""
        script = f"import json\nfrom owners_app.doings import *\n{source}\nprint(json.dumps(made))"
        done = self.command("shell", "-v0", "-c", script, **env)
        assert done.code == 0, done.errors
        return json.loads(done.text.splitlines()[-1])

    def spawn(self, name: str, argv: Any, env: Mapping[str, str]) -> Child:
        log = self.logs / f"{name}.log"
        child = start(name, argv, log=log, env=self.environment(env), cwd=PROJECT)
        self.children.append(child)
        return child

    # --- Its files -------------------------------------------------------------------------------

    @property
    def database_file(self) -> Path:
        return self.var_dir / "db.sqlite3"

    def local(self) -> Contents:
        """The hashes of all local copies, by key."""
        files = self.var_dir / "staging" / "files"
        return {
            str(path.relative_to(files)): sha256(path.read_bytes()).hexdigest()
            for path in files.rglob("*")
            if path.is_file()
        }

    def restore(self, dump: Path) -> None:
        """Put a database file in the place of the one that is there."""
        for ending in ("", "-wal", "-shm"):
            self.database_file.with_name(self.database_file.name + ending).unlink(missing_ok=True)
        shutil.copy(dump, self.database_file)

    def sql(self, statement: str, *values: str) -> None:
        with closing(sqlite3.connect(self.database_file, timeout=20)) as database, database:
            database.execute(statement, values)

    def end_waiting(self) -> None:
        """What a cleanup has put off is due at once."""
        self.sql("UPDATE media_staging_stagedfile SET due_at = created_at WHERE status = 'purging'")

    def _become_another_database(self) -> None:
        """Each migration draws an id, which this copy of a migrated file must not share."""
        with closing(sqlite3.connect(self.database_file)) as database:
            tables = database.execute("SELECT name FROM sqlite_master").fetchall()
        if ("media_staging_installation",) in tables:
            self.sql("UPDATE media_staging_installation SET database = ?", uuid4().hex)


def make_unused(folder: Path) -> Path:
    """The VAR_DIR of a project that is migrated, with a superuser, and that nobody has used."""
    var_dir = folder / "var"
    var_dir.mkdir(parents=True)
    with Site(folder, var_dir, {"filesystem": {"root": folder / "remote"}}) as site:
        site.command("migrate", "--run-syncdb", "-v0")
        options = ("--noinput", "--username", USER, "--email", "b@example.com", "-v0")
        site.command("createsuperuser", *options, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    return var_dir
