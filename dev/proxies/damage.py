"""What faults do to bytes and to connections, for every server and proxy that has any."""

import socket
import struct


def flipped(data: bytes, place: int) -> bytes:
    """The same with one other bit in the byte at that place, if there is one."""
    if not 0 <= place < len(data):
        return data
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def reset_on_close(connection: socket.socket) -> None:
    """Have the other end see a reset, not an end, when this one is closed."""
    linger_without_waiting = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_without_waiting)
