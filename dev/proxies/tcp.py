"""A slow or broken network: a TCP proxy on loopback, in a process of its own.

The process is `python -m dev.proxies.tcp FD PORT HOST TARGET_PORT ROUND_TRIP_SECONDS`. On the
socket FD it says "ready", then takes one JSON object per line and answers each with one; it ends
when the other side closes.
"""

import asyncio
import json
import socket
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

from dev.ports import LOOPBACK
from dev.processes import Child, start
from dev.proxies.relay import Listener, Mode, Network, Traffic
from dev.servers.server import LocalServer, ServerError

__all__ = ["DelayProxy", "Mode", "Traffic"]

_ROOT = Path(__file__).parents[2]


class DelayProxy(LocalServer):
    """A proxy to `target_host:target_port` that adds `round_trip_seconds` to every exchange.

    Each direction holds bytes back for half of it, without limiting the throughput; a new
    connection costs one round trip more, as its handshake would. Safe to use from several threads.
    """

    name: ClassVar[str] = "delayproxy"

    def __init__(self, target_host: str, target_port: int, round_trip_seconds: float = 0.0) -> None:
        super().__init__()
        self.target_host = target_host
        self.target_port = target_port
        self.round_trip_seconds = round_trip_seconds
        self._control: socket.socket | None = None
        self._turn = threading.Lock()

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def pass_through(self) -> None:
        """Work normally; connections that a black hole has swallowed are reset."""
        self._ask({"mode": Mode.PASS})

    def black_hole(self) -> None:
        """Accept and read, and never answer, on new and open connections."""
        self._ask({"mode": Mode.BLACK_HOLE})

    def lose_open(self) -> None:
        """Read what comes on connections that are open now, and never answer; new ones work."""
        self._ask({"lose": 1})

    def refuse(self) -> None:
        """Refuse new connections and reset the open ones."""
        self._ask({"mode": Mode.REFUSE})

    def reset_after(self, sent_bytes: int) -> None:
        """Reset every connection as soon as its client has sent so many bytes from now on."""
        self._ask({"mode": Mode.RESET, "place": sent_bytes})

    def flip_at(self, place: int) -> None:
        """Flip one bit of what each client sends from now on, in the byte after `place` others."""
        self._ask({"mode": Mode.FLIP, "place": place})

    def traffic(self) -> Traffic:
        return Traffic(**self._ask({}))

    def launch(self) -> Child:
        ours, theirs = socket.socketpair()
        self._control = ours
        options: list[object] = [theirs.fileno(), self.port, self.target_host, self.target_port]
        options.append(self.round_trip_seconds)
        with theirs:
            return start(
                self.name,
                [sys.executable, "-m", "dev.proxies.tcp", *map(str, options)],
                log=self.log,
                cwd=_ROOT,
                # Large chunks then come from the heap, not from fresh, zeroed pages each time.
                env={"MALLOC_MMAP_THRESHOLD_": "4194304", "MALLOC_TRIM_THRESHOLD_": "67108864"},
                pass_fds=[theirs.fileno()],
            )

    def is_ready(self) -> bool:
        control = self._connected()
        control.settimeout(0.05)
        try:
            return control.recv(64) == b"ready\n"
        except TimeoutError:
            return False

    def clean_up(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        super().clean_up()

    def _connected(self) -> socket.socket:
        if self._control is None:
            raise ServerError("the proxy is not started")
        return self._control

    def _ask(self, question: dict[str, str | int]) -> dict[str, int]:
        with self._turn:
            control = self._connected()
            control.settimeout(10)
            control.sendall(json.dumps(question).encode() + b"\n")
            answer: dict[str, int] = json.loads(control.makefile("rb").readline())
        return answer


async def serve(control_fd: int, port: int, network: Network) -> None:
    """Run the proxy until the control socket is closed."""
    listener = Listener(network, port)
    await listener.open()
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=control_fd))
    writer.write(b"ready\n")
    while line := await reader.readline():
        answer = await _obey(json.loads(line), network, listener)
        writer.write(json.dumps(answer).encode() + b"\n")


async def _obey(
    question: dict[str, str | int], network: Network, listener: Listener
) -> dict[str, int]:
    if "mode" in question:
        mode = Mode(str(question["mode"]))
        if mode is Mode.REFUSE:
            listener.close()
        else:
            await listener.open()
        network.switch(mode, int(question.get("place", 0)))
    if "lose" in question:
        network.lose_open()
    return {**asdict(network.traffic), "open": len(network.links)}


def main() -> None:
    control_fd, port, host, target_port, round_trip = sys.argv[1:]
    network = Network((host, int(target_port)), float(round_trip))
    asyncio.run(serve(int(control_fd), int(port), network))


if __name__ == "__main__":
    main()
