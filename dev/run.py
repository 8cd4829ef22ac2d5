"""The supervisor behind `make run`: storage server, database, demo catalogue, web and consumer."""

import fcntl
import http.client
import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev.cloudinary.local import LocalCloudinary
from dev.ports import LOOPBACK
from dev.servers.seaweedfs import SeaweedFS
from dev.supervisor import ChildFailed, StopRequested, Supervisor, say

ROOT = Path(__file__).resolve().parent.parent

# Where gunicorn finds the project's application.
WSGI = ("--pythonpath", "site", "wsgi")

_READY_SECONDS = 60.0

Storage = SeaweedFS | LocalCloudinary

# Where one of these is set, the remote is somewhere else and no server is started for it.
NAMES_A_SERVER = {"s3": ("S3_ENDPOINT_URL", "S3_BUCKET"), "cloudinary": ("CLOUDINARY_URL",)}

# Without these most of the time of a large upload goes into page faults of malloc.
MALLOC = {
    "MALLOC_MMAP_THRESHOLD_": "67108864",
    "MALLOC_TRIM_THRESHOLD_": "134217728",
    "MALLOC_TOP_PAD_": "4194304",
}


class CannotStart(Exception):
    """Nothing was started; the message is one line for a person."""


@dataclass(frozen=True)
class Plan:
    """What to run, taken from the environment."""

    port: int
    var_dir: Path
    remote: str
    starts_server: bool
    collects_static: bool

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Plan":
        """Read the plan; raises CannotStart on a PORT that is none."""
        remote = environ.get("MEDIA_REMOTE") or "s3"
        named = any(environ.get(name) for name in NAMES_A_SERVER.get(remote, ()))
        return cls(
            port=_port(environ.get("PORT") or "8000"),
            var_dir=Path(environ.get("VAR_DIR") or ROOT / "var").expanduser().resolve(),
            remote=remote,
            starts_server=remote in NAMES_A_SERVER and not named,
            # With DEBUG the static files are served from where they are.
            collects_static=environ.get("DEBUG", "").lower() in ("0", "false", "no", "off"),
        )


def main() -> int:
    """Run until asked to stop (exit code 0) or until something fails (1)."""
    try:
        plan = Plan.from_environment(os.environ)
        _refuse_busy_port(plan.port)
        with _alone_in(plan.var_dir):
            return _run(plan)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1


def _run(plan: Plan) -> int:
    storage = _storage(plan)
    env = {
        "VAR_DIR": str(plan.var_dir),
        "MEDIA_REMOTE": plan.remote,
        "PYTHONUNBUFFERED": "1",
        **(storage.env() if storage else {}),
    }
    log_dir = plan.var_dir / "log"
    log_dir.mkdir(exist_ok=True)
    supervisor = Supervisor(log_dir, ROOT, env)
    try:
        _start_all(supervisor, plan, storage)
        say(_welcome(plan, storage, log_dir))
        supervisor.wait_until(lambda: False, "the end")
    except StopRequested:
        return 0
    except ChildFailed as failure:
        say(f"Stopping: {failure}")
        return 1
    finally:
        supervisor.stop()
    return 0


def _storage(plan: Plan) -> Storage | None:
    if not plan.starts_server:
        return None
    folder = plan.var_dir / plan.remote
    return SeaweedFS(folder) if plan.remote == "s3" else LocalCloudinary(folder)


def _start_all(supervisor: Supervisor, plan: Plan, storage: Storage | None) -> None:
    if storage is not None:
        storage.log.unlink(missing_ok=True)
        supervisor.watch(storage.begin(), storage.stop)
    # One process for all that comes first, system checks included: Django takes longer to start
    # than each of them to find nothing to do.
    supervisor.wait_for_job(supervisor.job("demo_data", _manage("demo_data", "--migrate")))
    if plan.collects_static:
        collect = supervisor.job("collectstatic", _manage("collectstatic", "--noinput"))
        supervisor.wait_for_job(collect)
    supervisor.service("consumer", _manage("run_huey", "--skip-checks"), stop_seconds=10)
    supervisor.service("web", gunicorn(plan.port), MALLOC)
    if storage is not None:
        supervisor.wait_until(
            storage.is_ready, f"the start of the local {storage.name}", _READY_SECONDS
        )
    supervisor.wait_until(
        lambda: _answers_ready(plan.port), "the start of the web server", _READY_SECONDS
    )


def _manage(*arguments: str) -> list[str | Path]:
    return [sys.executable, "manage.py", *arguments]


def gunicorn(port: int, wsgi: Sequence[str] = WSGI) -> list[str | Path]:
    """The command that starts a web server, of the project that `wsgi` names."""
    config = Path(__file__).with_name("gunicorn_conf.py")
    bind = f"{LOOPBACK}:{port}"
    return [sys.executable, "-m", "gunicorn", "--config", config, *wsgi, "--bind", bind]


def _answers_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _port(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise CannotStart(f"PORT: a port number from 1 to 65535 (it is {text!r})")


def _refuse_busy_port(port: int) -> None:
    with socket.socket() as probe:
        # Connections of an earlier run that are not quite over do not make a port busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} cannot be used ({error.strerror}). "
                "Choose another one: make run PORT=9000"
            ) from error


@contextmanager
def _alone_in(var_dir: Path) -> Iterator[None]:
    """Hold the folder for this process; two S3 servers on one folder would destroy its data."""
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        lock = (var_dir / "run.lock").open("a")
    except OSError as error:
        raise CannotStart(f"VAR_DIR: cannot write to {var_dir} ({error.strerror})") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotStart(
                f"Another `make run` uses {var_dir}. Stop it, or choose another folder: "
                "VAR_DIR=/some/folder make run"
            ) from error
        yield


def _welcome(plan: Plan, storage: Storage | None, log_dir: Path) -> str:
    lines = [
        "",
        f"  The shop is open:  http://{LOOPBACK}:{plan.port}/",
        "  Sign in as:        demo / demo",
        f"  Photos go to:      {_remote(plan, storage)}",
        f"  Logs:              {log_dir}",
        "",
        "  Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)


def _remote(plan: Plan, storage: Storage | None) -> str:
    match storage:
        case SeaweedFS():
            return f"a local S3 server, {storage.endpoint_url}, bucket {storage.bucket}"
        case LocalCloudinary():
            return f"a local Cloudinary, {storage.address}, cloud {storage.cloud_name}"
    if plan.remote == "s3":
        return f"S3, {os.environ.get('S3_ENDPOINT_URL') or os.environ['S3_BUCKET']}"
    return plan.remote


if __name__ == "__main__":
    sys.exit(main())
