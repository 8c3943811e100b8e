"""What a pump hands on: batches under their full names, with a gap where a stream was interrupted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripchart.flow.contracts import Sink
    from stripchart.flow.records import Batch

log = logging.getLogger(__name__)


class Outlet:
    """Publishes the batches of one source. Only the pump's thread uses it.

    Parameters
    ----------
    name
        Of the source; its streams are ``name`` and ``name/...``.
    report
        Called with a kind of event and a sentence.

    Attributes
    ----------
    samples, refused
        Samples that the sink took, and those that were beyond its limit.
    """

    def __init__(self, name: str, sink: Sink, report: Callable[[str, str], None]) -> None:
        self.samples = self.refused = 0
        self._name = name
        self._sink = sink
        self._report = report
        self._epochs: dict[str, int] = {}  # only of streams that the sink took, so its limit bounds them

    def publish(self, batch: Batch, epoch: int) -> None:
        """Hand a batch on; the first of a stream in another epoch than before begins with a gap."""
        stream = batch.stream
        name = f"{self._name}/{stream}" if stream else self._name
        gap = batch.gap or self._epochs.get(stream, epoch) != epoch
        refused = self._sink.publish(batch.labelled(name, gap=gap, first=0))
        if refused < batch.samples:
            self._epochs[stream] = epoch
        self.samples += batch.samples - refused
        if batch.gap:
            self._report("gap", f"something is missing in {name}")
        if refused and not self.refused:
            text = "the limit of channels is reached; further channels are refused and counted"
            log.warning("%s: %s", self._name, text)
            self._report("limit", text)
        self.refused += refused
