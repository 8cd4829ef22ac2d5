"""`make run` starts everything, and whatever stops it leaves no process behind."""

import os
import shutil
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev.ports import LOOPBACK, free_port
from dev.processes import wait_for
from dev.servers.seaweedfs import SeaweedFS
from tests.dev.running import MakeRun

ROOT = Path(__file__).resolve().parents[2]

TINY_MANAGE = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
command = sys.argv[1]
if os.environ.get("BROKEN_COMMAND") == command:
    sys.exit(f"{command} is broken today")
if command == "run_huey":
    while not pathlib.Path(os.environ["VAR_DIR"], "consumer-dies").exists():
        time.sleep(0.05)
    print("the consumer has had enough", flush=True)
    os._exit(7)
"""

TINY_WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""

Start = Callable[..., MakeRun]
Stop = Callable[[MakeRun], None]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `make run` in a folder; whatever a failed test leaves running is killed."""
    runs: list[MakeRun] = []

    def start_run(project: Path, **env: str) -> MakeRun:
        stdin = int(env.pop("stdin", subprocess.DEVNULL))
        settings = {"PORT": str(free_port()), "VAR_DIR": str(tmp_path / "var"), **env}
        runs.append(MakeRun(project, tmp_path, settings, stdin))
        return runs[-1]

    yield start_run
    for run in runs:
        run.kill_everything()
    SeaweedFS(tmp_path / "var" / "s3").clean_up()


@pytest.fixture
def tiny_project(tmp_path: Path) -> Path:
    """The real supervisor and Makefile around a manage.py and a site that do next to nothing."""
    project = tmp_path / "tiny"
    shutil.copytree(ROOT / "dev", project / "dev")
    for name in ("Makefile", "gunicorn.conf.py"):
        shutil.copy(ROOT / name, project)
    for name in ("requirements.txt", "requirements-dev.txt", "package.json", "package-lock.json"):
        (project / name).touch()
    (project / "manage.py").write_text(TINY_MANAGE)
    (project / "site").mkdir()
    (project / "site" / "wsgi.py").write_text(TINY_WSGI)
    return project


def interrupt_make(run: MakeRun) -> None:
    run.make.send_signal(signal.SIGINT)


def terminate_make(run: MakeRun) -> None:
    run.make.send_signal(signal.SIGTERM)


def kill_make(run: MakeRun) -> None:
    run.make.kill()


def interrupt_group(run: MakeRun) -> None:
    os.killpg(run.make.pid, signal.SIGINT)


def terminate_group(run: MakeRun) -> None:
    os.killpg(run.make.pid, signal.SIGTERM)


def interrupt_supervisor(run: MakeRun) -> None:
    os.kill(run.supervisor, signal.SIGINT)


def terminate_supervisor(run: MakeRun) -> None:
    os.kill(run.supervisor, signal.SIGTERM)


def kill_supervisor(run: MakeRun) -> None:
    os.kill(run.supervisor, signal.SIGKILL)


def weed_runs(run: MakeRun) -> bool:
    return any("weed" in command for command in run.processes().values())


STOPS = [
    interrupt_make,
    terminate_make,
    kill_make,
    interrupt_group,
    terminate_group,
    interrupt_supervisor,
    terminate_supervisor,
    kill_supervisor,
]


def test_a_local_cloudinary_is_started_instead_and_ends_with_the_rest(
    start: Start, tiny_project: Path
) -> None:
    run = start(tiny_project, MEDIA_REMOTE="cloudinary")
    run.wait_until_open()
    assert "a local Cloudinary, http://127.0.0.1:" in run.output
    assert any("dev.cloudinary" in command for command in run.processes().values())
    assert not weed_runs(run)
    terminate_make(run)
    run.assert_nothing_is_left(10)


def test_no_local_cloudinary_is_started_beside_an_account(start: Start, tiny_project: Path) -> None:
    url = "cloudinary://key:secret@shop"
    run = start(tiny_project, MEDIA_REMOTE="cloudinary", CLOUDINARY_URL=url)
    run.wait_until_open()
    assert not any("dev.cloudinary" in command for command in run.processes().values())


@pytest.mark.parametrize("stop", STOPS)
def test_nothing_is_left_running(
    start: Start, tiny_project: Path, stop: Callable[[MakeRun], None]
) -> None:
    run = start(tiny_project)
    run.wait_until_open()
    assert len(run.processes()) >= 6  # make, supervisor, S3, consumer, web and its workers
    stop(run)
    run.assert_nothing_is_left(10)


def test_ctrl_c_on_a_terminal_stops_everything(start: Start, tiny_project: Path) -> None:
    terminal, stdin = os.openpty()
    run = start(tiny_project, stdin=str(stdin))
    run.wait_until_open()
    os.write(terminal, b"\x03")
    run.assert_nothing_is_left(10)
    os.close(terminal)
    os.close(stdin)


def test_closing_the_terminal_stops_everything(start: Start, tiny_project: Path) -> None:
    terminal, stdin = os.openpty()
    run = start(tiny_project, stdin=str(stdin))
    os.close(stdin)
    run.wait_until_open()
    os.close(terminal)
    run.assert_nothing_is_left(10)


def test_a_stop_during_the_start_is_obeyed(start: Start, tiny_project: Path) -> None:
    run = start(tiny_project)
    assert wait_for(lambda: weed_runs(run), 20)
    interrupt_make(run)
    run.assert_nothing_is_left(10)
    assert "The shop is open" not in run.output


def test_the_supervisor_exits_with_0_after_a_requested_stop(
    start: Start, tiny_project: Path
) -> None:
    run = start(tiny_project)
    run.wait_until_open()
    interrupt_supervisor(run)
    assert run.make.wait(10) == 0


def test_a_dead_child_is_named_with_its_exit_code_and_log(start: Start, tiny_project: Path) -> None:
    run = start(tiny_project)
    run.wait_until_open()
    (tiny_project.parent / "var" / "consumer-dies").touch()
    assert run.make.wait(10) != 0
    assert "consumer ended with exit code 7" in run.output
    assert "the consumer has had enough" in run.output
    run.assert_nothing_is_left(5)


def test_a_failing_step_stops_the_start(start: Start, tiny_project: Path) -> None:
    run = start(tiny_project, BROKEN_COMMAND="demo_data")
    assert run.make.wait(20) != 0
    assert "demo_data ended with exit code 1" in run.output
    assert "demo_data is broken today" in run.output
    run.assert_nothing_is_left(5)


def test_a_busy_port_is_one_line_and_nothing_is_started(start: Start, tiny_project: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        port = str(other.getsockname()[1])
        run = start(tiny_project, PORT=port)
        assert run.make.wait(10) != 0
    ours, *makes_own = run.output.splitlines()
    assert port in ours
    assert "PORT=" in ours
    assert all(line.startswith("make") for line in makes_own)
    assert not (tiny_project.parent / "var").exists()


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_refused(start: Start, tiny_project: Path, port: str) -> None:
    run = start(tiny_project, PORT=port)
    assert run.make.wait(10) != 0
    assert run.output.startswith("PORT: a port number from 1 to 65535")


def test_a_second_run_in_the_same_folder_is_refused(start: Start, tiny_project: Path) -> None:
    first = start(tiny_project)
    first.wait_until_open()
    second = start(tiny_project)
    assert second.make.wait(10) != 0
    assert second.output.startswith("Another `make run` uses")
    assert first.make.poll() is None


def test_without_s3_no_s3_server_is_started(start: Start, tiny_project: Path) -> None:
    run = start(tiny_project, REMOTE="filesystem")
    run.wait_until_open()
    assert not weed_runs(run)


def test_the_callers_own_s3_server_is_used(start: Start, tiny_project: Path) -> None:
    run = start(tiny_project, S3_BUCKET="mine", S3_ENDPOINT_URL="http://s3.example:9000")
    run.wait_until_open()
    assert not weed_runs(run)
    assert "http://s3.example:9000" in run.output


def test_the_real_project_starts_again_with_what_it_has(start: Start, tmp_path: Path) -> None:
    first = start(ROOT)
    first.wait_until_open(120)
    interrupt_make(first)
    first.assert_nothing_is_left(20)

    port = str(free_port())
    second = start(ROOT, PORT=port)
    second.wait_until_open(60)
    made = (tmp_path / "var" / "log" / "demo_data.log").read_text().splitlines()
    assert [line.split() for line in made[-3:]] == [
        ["products", "0"],
        ["photos", "0"],
        ["users", "0"],
    ]
    with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/accounts/login/", timeout=10) as page:
        assert page.status == 200
    terminate_make(second)
    second.assert_nothing_is_left(20)
