"""How the commands that take long are ended early."""

import signal
import threading
from typing import Any


def stop_on_signal() -> threading.Event:
    """The first SIGINT or SIGTERM gives unfinished work back; a second one ends at once."""
    stop = threading.Event()

    def handle(signum: int, frame: Any) -> None:
        stop.set()
        signal.signal(signum, signal.SIG_DFL)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handle)
        signal.signal(signal.SIGTERM, handle)
    return stop
