"""Every sample accounted for: one snapshot of all counters, and whether they balance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stripchart.flow.hub import Hub
    from stripchart.flow.pump import Pump


class PumpCounts(NamedTuple):
    """A source's account: ``bytes = framed + skipped + buffered`` and ``frames = decoded + rejected``."""

    bytes: int
    bytes_framed: int
    bytes_skipped: int
    bytes_buffered: int
    frames: int
    decoded: int
    rejected: dict[str, int]
    samples: int
    refused: int
    reconnects: int
    commands_sent: int
    commands_dropped: int
    redelivered: int


def snapshot(pumps: Iterable[Pump], hub: Hub, recording: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the ledger as the JSON API shows it.

    Parameters
    ----------
    recording
        The recorder's own account, if there is one.

    Returns
    -------
    ``{"sources": {name: account}, "subscriptions": {name: account}, "recording": account or None, "balanced": bool}``;
    a source's account holds bytes and frames, a subscription's and the recording's count samples.
    """
    sources = {pump.name: describe(pump) for pump in pumps}
    subscriptions = {subscription.name: subscription.counts()._asdict() for subscription in hub.subscriptions()}
    balanced = (
        all(map(source_balances, sources.values()))
        and all(map(queue_balances, subscriptions.values()))
        and (recording is None or recording_balances(recording))
    )
    kept = None if recording is None else dict(recording)
    return {"sources": sources, "subscriptions": subscriptions, "recording": kept, "balanced": balanced}


def describe(pump: Pump) -> dict[str, Any]:
    """Return a source's entry of the ledger; names as in the public JSON API."""
    counts = pump.counts()
    return {
        "url": pump.source.url,
        "state": str(pump.state),
        "reason": pump.reason,
        "status": pump.status,
        "decoder": pump.decoder.note,
        "clock": pump.clock()._asdict(),
        "since_ns": pump.since_ns,
        **counts._asdict(),
    }


def source_balances(account: Mapping[str, Any]) -> bool:
    """Say whether all bytes and all frames of a source are accounted for."""
    bytes_known = account["bytes_framed"] + account["bytes_skipped"] + account["bytes_buffered"]
    frames_known = account["decoded"] + sum(account["rejected"].values())
    return bool(account["bytes"] == bytes_known and account["frames"] == frames_known)


def queue_balances(account: Mapping[str, int]) -> bool:
    """Say whether all samples published to a subscription are delivered, lost or queued."""
    return account["published"] == account["delivered"] + account["lost"] + account["queued"]


def recording_balances(account: Mapping[str, Any]) -> bool:
    """Say whether all samples and raw bytes published to the recorder are stored, lost or queued."""
    return all(
        each["published"] == each["stored"] + each["lost"] + each["queued"] for each in (account, account["raw_bytes"])
    )
