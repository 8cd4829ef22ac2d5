"""Free TCP ports on loopback that nobody else gets between the choice and the use."""

import random
import socket

LOOPBACK = "127.0.0.1"

# Below the range from which Linux takes ports for outgoing connections, so that no client
# connection can sit on a port while its server restarts.
_CANDIDATES = range(12_000, 32_000)

_reserved: dict[int, socket.socket] = {}


def reserve(port: int) -> bool:
    """Reserve `port` until this process ends; False when somebody has it.

    The reservation is a bound socket that never listens: a server that sets SO_REUSEADDR (all of
    ours do) may listen there, and may do so again after a restart; other bids for it are refused.
    """
    holder = socket.socket()
    try:
        holder.bind((LOOPBACK, port))
    except OSError:
        holder.close()
        return False
    # Only after the bind: set before it, two reservations of one port would both succeed.
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _reserved[port] = holder
    return True


def free_port() -> int:
    """Return a port reserved for this process; every call returns another one.

    Raises OSError when a thousand candidates in a row are taken.
    """
    for port in random.sample(_CANDIDATES, 1000):
        if reserve(port):
            return port
    raise OSError("no free port on 127.0.0.1 between 12000 and 32000")


def free_port_pair(distance: int) -> tuple[int, int]:
    """Return two reserved ports that are `distance` apart."""
    while True:
        first = free_port()
        if reserve(first + distance):
            return first, first + distance
        release(first)


def release(port: int) -> None:
    """Give a reserved port back; without effect on a port that is not reserved."""
    holder = _reserved.pop(port, None)
    if holder is not None:
        holder.close()
