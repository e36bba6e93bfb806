"""Put and drain: the only object that the training side and a screen in the same process share.

It is bounded, and never makes the one who puts wait: when nobody drains, the oldest records fall out,
which the receiver sees as a gap in their numbers and reads again from the log.
"""

from collections import deque

from lintui.events import Record


class Mailbox:
    """Records on their way from one thread to another."""

    def __init__(self, capacity: int = 20_000) -> None:
        """Hold at most `capacity` records."""
        self._records: deque[Record] = deque(maxlen=capacity)

    def put(self, records: list[Record]) -> None:
        """Leave records; never blocks."""
        self._records.extend(records)

    def drain(self) -> list[Record]:
        """Take all records that are there, oldest first; never blocks."""
        taken = []
        while self._records:
            taken.append(self._records.popleft())
        return taken
