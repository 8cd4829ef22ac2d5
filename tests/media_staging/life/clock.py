"""The moved clock of the life machine, for both of the clocks that the app reads."""

from datetime import UTC, datetime, timedelta


class LifeClock:
    """`now` is what the wall says and can jump; `elapsed` seconds only ever grow."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.now = datetime(2030, 1, 1, tzinfo=UTC)
        self.elapsed = 1000.0

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.elapsed += seconds

    def jump(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        """What the module `time` would say."""
        return self.elapsed
