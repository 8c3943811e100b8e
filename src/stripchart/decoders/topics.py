"""Messages of a broker, one a chunk, each on its topic: the stream's name is the topic.

How a topic is read is looked up once: the first of the user's rules whose filter matches it says so, else the first of
the built-in conventions that it looks like (see ``conventions``), else its payloads are read as they are (see
``conventions.plain``).

Traps, and what becomes of them:

- ``null``, ``None``, ``unavailable`` and ``unknown`` on a topic that sent numbers or states before is NaN; before that
  it is rejected ("no value"). So is ``null`` within JSON, but before that it is left out.
- A value that changes between numbers and text is two channels of one name; the one that is absent is NaN or empty.
- Empty payloads, binary junk, broken or deep JSON and payloads over 256 KiB are rejected with their reason.
- A topic may begin with ``/`` or be a single word. One of more than 512 bytes is rejected.
- Retained messages are old values: their batches say so.
- Commands to devices, and what a bridge says of itself, carry no samples: they are decoded into none, and the note says
  how many topics are left out like this.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from stripchart.decoders.cells import FrameError, counted
from stripchart.decoders.conventions import BUILT_IN
from stripchart.decoders.conventions.base import LEFT_OUT, Refusal, Setup
from stripchart.decoders.conventions.plain import Plain
from stripchart.decoders.conventions.rows import Rows
from stripchart.decoders.conventions.rules import Rule  # noqa: TC001 - the options' type hints are read
from stripchart.decoders.objects import MAX_BYTES
from stripchart.errors import ConfigError
from stripchart.flow.records import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.conventions.base import Reader
    from stripchart.decoders.conventions.labels import Labels
    from stripchart.decoders.samples import Sample
    from stripchart.flow.records import Batch, Chunk, Command

MAX_TOPIC: Final = 512
MAX_KNOWN: Final = 10_000
"""Topics whose readers are remembered; beyond, the one that came first is forgotten."""
MAX_COMMANDS: Final = 64
"""Commands that wait to be sent; beyond, the oldest is dropped."""
_TOO_LONG: Final = Refusal("topic too long")
_TOO_LARGE: Final = Refusal("payload too large")


class TopicsDecoder:
    """Messages on topics; see the module for how they are read.

    Attributes
    ----------
    commands
        What it would have its source send.
    """

    samples: ClassVar[tuple[Sample, ...]] = tuple(sample for kind in BUILT_IN for sample in kind.samples)

    @dataclass(frozen=True, kw_only=True)
    class Options:
        """What a user may set.

        Attributes
        ----------
        max_payload
            Bytes of the largest payload.
        max_topic
            Bytes of the longest topic.
        rules
            What holds for topics, before the built-in conventions.
        discovery_prefix
            Where Home Assistant's discovery messages are.
        rebirth
            Whether to ask edge nodes of Sparkplug B for the names of their metrics, where they are missing.
        """

        max_payload: int = MAX_BYTES
        max_topic: int = MAX_TOPIC
        rules: tuple[Rule, ...] = ()
        discovery_prefix: str = "homeassistant"
        rebirth: bool = False

        def __post_init__(self) -> None:
            for name in ("max_payload", "max_topic"):
                if getattr(self, name) < 1:
                    raise ConfigError(f"topics: {name}: expected a positive number, got {getattr(self, name)!r}")
            names = [kind.name for kind in BUILT_IN]
            for rule in self.rules:
                if rule.convention and rule.convention not in names:
                    expected = f"one of {', '.join(sorted(names))}"
                    raise ConfigError(f"rules: {rule.topic}: convention: expected {expected}, got {rule.convention!r}")

    def __init__(self, options: Options | None = None, tally: Tally | None = None) -> None:
        self.tally = Tally() if tally is None else tally
        self.note = ""
        self.commands: deque[Command] = deque(maxlen=MAX_COMMANDS)
        self._options = options or self.Options()
        chosen = self._options
        setup = Setup(self.commands, self._announce, chosen.discovery_prefix, chosen.max_payload, chosen.rebirth)
        self._conventions = {kind.name: kind(setup) for kind in BUILT_IN}
        self._readers: dict[str, Reader] = {}
        self._titles: dict[str, str] = {}
        """How each of these topics is read, in words."""
        self._counts: Counter[str] = Counter()
        self._announced: dict[str, Labels] = {}
        self._streams: dict[str, str] = {}
        """The topic of each stream."""
        self._sharing: set[str] = set()
        """Topics that rules gave one stream: their rows must stay in order."""
        self._rows = Rows()

    @property
    def buffered(self) -> int:
        """Nothing: a message is complete."""
        return 0

    def feed(self, chunks: Sequence[Chunk]) -> list[Batch]:
        """Decode messages: a batch for each stream, or more where the channels change."""
        batches: list[Batch] = []
        waiting: dict[Reader, list[Chunk]] = {}
        readers = self._readers
        for chunk in chunks:
            reader = readers.get(chunk.topic)
            if reader is None:
                if not chunk.data and not chunk.topic:  # it only tells the time
                    continue
                reader = self._find_reader(chunk.topic)
            if reader.barrier or chunk.topic in self._sharing:
                batches += self._decode(waiting)
                batches += self._decode({reader: [chunk]})
                waiting = {}
            elif reader in waiting:
                waiting[reader].append(chunk)
            else:
                waiting[reader] = [chunk]
        batches += self._decode(waiting)
        self._describe()
        return batches

    def finish(self) -> list[Batch]:
        """Return nothing: a message is complete."""
        return []

    def reset(self) -> None:
        """Forget what only holds while no message is missing."""
        for convention in self._conventions.values():
            convention.reset()

    def _decode(self, waiting: dict[Reader, list[Chunk]]) -> list[Batch]:
        tally, rows, limit = self.tally, self._rows, self._options.max_payload
        for reader, messages in waiting.items():
            sizes = [len(message.data) for message in messages]
            tally.frames += len(messages)
            tally.bytes_framed += sum(sizes)
            if max(sizes) <= limit and reader.read_all(messages, rows):
                tally.decoded += len(messages)
                continue
            for message in messages:
                try:
                    (reader if len(message.data) <= limit else _TOO_LARGE).read(message, rows)
                except FrameError as reason:
                    rows.discard()
                    tally.reject(message.time_ns, str(reason), message.data)
                else:
                    rows.commit()
                    tally.decoded += 1
        return rows.take()

    def _find_reader(self, topic: str) -> Reader:
        """Find who reads a topic, and remember it."""
        if len(topic.encode(errors="replace")) > self._options.max_topic:
            return _TOO_LONG
        labels = self._announced.get(topic)
        chosen: Rule | None = None
        for rule in reversed(self._options.rules):
            said = rule.labels(topic)
            if said is not None:
                labels = said if labels is None else labels.below(said)
                chosen = rule if rule.ignore or rule.convention else chosen
        if chosen is None:
            convention = next(known for known in self._conventions.values() if known.matches(topic))
        else:
            convention = self._conventions[chosen.convention or Plain.name]
        reader = LEFT_OUT if chosen and chosen.ignore else convention.reader(topic)
        if len(self._readers) >= MAX_KNOWN:
            self._forget(next(iter(self._readers)))
        if labels is not None:
            self._rows.labels[topic] = labels
        self._readers[topic] = reader
        owner = self._streams.setdefault(_stream(topic, labels), topic)
        if owner != topic:
            self._sharing |= {owner, topic}
        title = self._titles[topic] = "left out" if reader is LEFT_OUT else convention.title
        self._counts[title] += 1
        return reader

    def _forget(self, topic: str) -> None:
        del self._readers[topic]
        self._counts[self._titles.pop(topic)] -= 1
        stream = _stream(topic, self._rows.labels.pop(topic, None))
        if self._streams.get(stream) == topic:
            del self._streams[stream]
        self._sharing.discard(topic)

    def _announce(self, topic: str, labels: Labels | None) -> None:
        if labels is None:
            self._announced.pop(topic, None)
        else:
            self._announced[topic] = labels
        if topic in self._readers:
            self._forget(topic)

    def _describe(self) -> None:
        kinds = [f"{title} {count}" for title, count in self._counts.items() if count]
        notes = [f"{known.title}: {known.note}" for known in self._conventions.values() if known.note]
        named = f" ({', '.join(kinds)})" if kinds and set(+self._counts) != {Plain.title} else ""
        self.note = "; ".join([f"MQTT, {counted(len(self._readers), 'topic')}{named}", *notes]) if self._readers else ""


def _stream(topic: str, labels: Labels | None) -> str:
    return topic if labels is None else labels.rename(topic, topic)
