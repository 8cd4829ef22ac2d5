"""What connections cost the next photo that died while nobody used them."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench.saves import through
from bench.site import ROOT, production, run
from bench.table import Row
from dev.ports import LOOPBACK
from dev.proxies.tcp import DelayProxy
from dev.servers.seaweedfs import SeaweedFS

MOST_SECONDS_MORE = 5.0
INSIDE = "from bench.one_photo import after_lines; after_lines(3)"


def idle_connections(folder: Path) -> list[Row]:
    with ExitStack() as stack:
        s3 = stack.enter_context(SeaweedFS(folder / "s3"))
        net = stack.enter_context(DelayProxy(LOOPBACK, s3.port))
        env = production(folder / "ours", **through(net, s3), TRANSFER_CONCURRENCY="16")
        run("manage.py", "migrate", "-v0", env=env)
        process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "manage.py", "shell", "-v0", "-c", INSIDE],
                cwd=ROOT,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        alive = seconds_after(process, lambda: None)
        return [
            row("reset", seconds_after(process, partial(reset, net)), alive),
            row("silent", seconds_after(process, net.lose_open), alive),
        ]


def reset(net: DelayProxy) -> None:
    net.refuse()
    net.pass_through()


def seconds_after(process: "subprocess.Popen[str]", strike: Callable[[], object]) -> float:
    """How long a photo takes; the process has 16 connections that idle when they are struck."""
    assert process.stdin
    assert process.stdout
    if process.stdout.readline() != "idle\n":
        raise RuntimeError(f"the drain ended with {process.wait()}")
    strike()
    process.stdin.write("go\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def row(death: str, dead: float, alive: float) -> Row:
    more = dead - alive
    return Row(
        f"one photo after 16 idle connections died ({death})",
        "one photo after 16 that live",
        f"{dead:.2f} / {alive:.2f} s = {more:.2f} s more",
        f"at most {MOST_SECONDS_MORE:.0f} s more",
        met=more <= MOST_SECONDS_MORE,
    )
