"""What a pump's thread is told to do from outside: to stop, and to let go of its device for a while."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from stripchart.errors import SourceLost


class Orders:
    """Orders to one thread. Any thread gives them; the pump's obeys, and waits nowhere else for long.

    Attributes
    ----------
    stopping, released
        What it shall do; ``stopping`` counts more.
    """

    def __init__(self) -> None:
        self.stopping = self.released = False
        self._receipts: list[Future[None]] = []
        self._changed = threading.Condition()

    @property
    def go_on(self) -> bool:
        """Whether it shall read on."""
        return not (self.stopping or self.released)

    def begin(self) -> None:
        """Forget all orders: the thread is about to start."""
        self.stopping = self.released = False

    def stop(self) -> None:
        """Have the thread end."""
        with self._changed:
            self.stopping = True
            self._changed.notify_all()

    def release(self) -> Future[None]:
        """Have the device closed; the receipt is done when it is."""
        receipt: Future[None] = Future()
        receipt.set_running_or_notify_cancel()  # it cannot be called off, only taken back
        with self._changed:
            self.released = True
            self._receipts.append(receipt)
            self._changed.notify_all()
        return receipt

    def retake(self) -> None:
        """Have the device opened again."""
        with self._changed:
            self.released = False
            self._settle(SourceLost("it was taken back"))
            self._changed.notify_all()

    def pause(self, seconds: float) -> None:
        """Wait, for the thread itself; an order ends it."""
        with self._changed:
            self._changed.wait_for(lambda: not self.go_on, seconds)

    def rest(self) -> None:
        """Say that the device is closed, and wait while it shall be."""
        with self._changed:
            while self.released and not self.stopping:
                self._settle(None)
                self._changed.wait()

    def end(self) -> None:
        """Answer what is still asked: the thread ends."""
        with self._changed:
            self._settle(SourceLost("it was stopped"))

    def _settle(self, error: Exception | None) -> None:
        receipts, self._receipts = self._receipts, []
        for receipt in receipts:
            if error is None:
                receipt.set_result(None)
            else:
                receipt.set_exception(error)
