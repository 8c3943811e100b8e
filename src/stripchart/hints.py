"""The most likely reason why a source does not plot, in a sentence or two, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripchart.decoders.detection.auto import NOT_YET
from stripchart.decoders.detection.binaries import BINARY, UNKNOWN, describe_binary
from stripchart.sources.baud import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.explain import Facts, Suggestion

PATIENCE: Final = 3.0
"""Seconds of silence that are worth a word at the start."""
LONG_SILENCE: Final = 30.0
"""Seconds of silence that are worth a word after data had come."""
TOLERABLE: Final = 0.2
"""Part of the frames that may be rejected without a word, boot text and a cut line for instance."""
FEW_FRAMES: Final = 5
ENOUGH_BYTES: Final = 64
"""Bytes that tell garbage from a little noise."""

_MQTT: Final = ("mqtt", "mqtts", "ws", "wss")
_SILENCE: Final = {
    "serial": "is the device powered, and does it send without being asked? Check the wiring: its TX goes to RX here, "
    "its RX to TX, and both share ground. Boards with native USB only send while DTR is up (dtr=true); another program "
    "that has the port open takes the bytes away; flow control (rtscts, xonxoff) must be as on the device",
    "tcp": "the other side is connected but sends nothing; perhaps it waits for a request",
    "udp": "is the sender set to this address and port, and does a firewall let it through? Without a host, only this "
    "machine is heard: use udp://0.0.0.0:PORT for others",
    "-": "nothing was piped in yet; a program that writes to a pipe may hold its output back (python -u, stdbuf -oL)",
} | dict.fromkeys(
    _MQTT,
    "connected, but nothing arrives on this filter. Topics are case-sensitive, a leading '/' counts, '+' is one level "
    "and '#' all below; try the filter '#' for a moment. A broker may also refuse topics silently by its access list",
)  # fmt: skip


def hint(facts: Facts, suggestions: Sequence[Suggestion]) -> str:
    """Return what is most likely wrong and how to mend it; empty if all is well."""
    if facts.state in {"waiting", "lost", "failed", "released"}:
        return facts.reason
    if facts.state in {"idle", "stopped"}:
        return f"it is {facts.state}"
    if not facts.counts.bytes:
        return _of_silence(facts)
    if facts.counts.refused:
        return "the limit of channels is reached: most likely names are read out of something that is no name"
    frames = facts.counts.frames
    rejected = sum(facts.counts.rejected.values())
    if not _recognised(facts) or (frames >= FEW_FRAMES and rejected > TOLERABLE * frames):
        return _of_input(facts, suggestions)
    return f"nothing for {facts.quiet:.0f} s" if facts.quiet > LONG_SILENCE and facts.state == "connected" else ""


def _recognised(facts: Facts) -> bool:
    return facts.counts.samples > 0 and facts.decoder not in {"", NOT_YET} and not facts.decoder.startswith(BINARY)


def _of_silence(facts: Facts) -> str:
    if facts.state == "ended":
        return "it has ended without a single byte"
    if facts.status.startswith(("looking", "no baud rate")):  # what was read at other rates counts as nothing
        return facts.status
    if facts.quiet < PATIENCE:
        return ""
    return f"no bytes for {facts.quiet:.0f} s: {_SILENCE.get(_scheme(facts), 'nothing has arrived yet')}"


def _of_input(facts: Facts, suggestions: Sequence[Suggestion]) -> str:
    """Say why what came is not read, or only in part."""
    unread = "" if suggestions else _of_binary(facts)
    if unread:
        return unread
    if not facts.counts.frames and facts.counts.bytes_buffered:
        if any(b"\n" in chunk.data or b"\r" in chunk.data for chunk in facts.tail):
            return ""  # a decoder is being chosen
        return f"{facts.counts.bytes_buffered} bytes came without a line end; end each line, as Serial.println() does"
    if suggestions and not facts.decoder.startswith(suggestions[0].note):
        return f"what comes does not fit the decoder in use; try the decoder {suggestions[0].decoder!r}"
    if facts.counts.rejected:
        reason, count = max(facts.counts.rejected.items(), key=lambda item: item[1])
        return f"{count} of {facts.counts.frames} frames are rejected, most often as {reason!r}; see the newest below"
    return "only text came so far, and no line with values in it" if facts.log else ""


def _of_binary(facts: Facts) -> str:
    """Say what bytes look like that are no text; empty if they are, or if there are few."""
    data = b"".join(chunk.data for chunk in facts.tail if not chunk.topic)
    binary = describe_binary(data)
    garbage = len(data) >= ENOUGH_BYTES and judge(data) is Verdict.GARBAGE
    if binary in {"", UNKNOWN} and garbage and _scheme(facts) == "serial":
        return (
            "this looks like the wrong baud rate: set it as the device has it, or try baudrate=auto. If the device "
            "sends binary data, describe its fields, with the decoder 'binary'"
        )
    return f"{binary}: describe its fields, with the decoder 'binary'" if binary else ""


def _scheme(facts: Facts) -> str:
    return facts.spec.url.partition(":")[0]
