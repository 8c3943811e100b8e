"""Whether the samples of a decoder decode to what they state."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from stripchart.config.options import fill
from stripchart.flow.records import Chunk, Kind, is_absent
from stripchart.testing.checks import TIME_NS, check_batch, check_conserves, expect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.decoders.samples import Sample


def check_sample(decoder_class: Any, sample: Sample) -> None:
    """Check that a sample of a decoder decodes to the values and units that it states, with nothing rejected.

    Parameters
    ----------
    decoder_class
        Called with its ``Options``, made of the sample's.
    sample
        Its ``values`` must name every channel. The unit of a device's clock need not be stated.

    Raises
    ------
    AssertionError
        With what was expected and what was found.
    """
    options, mistakes = fill(decoder_class.Options, sample.options)
    expect(not mistakes, f"{sample.title}: options: {'; '.join(map(str, mistakes))}")
    decoder = decoder_class(options)
    chunks = [Chunk(payload, TIME_NS, topic=topic) for topic, payload in sample.messages]
    chunks = chunks or [Chunk(sample.data, TIME_NS)]
    batches = [*decoder.feed(chunks), *decoder.finish()]
    check_conserves(decoder, sum(len(chunk.data) for chunk in chunks))
    expect(not decoder.tally.rejected, f"{sample.title}: rejected: {dict(decoder.tally.rejected)}")
    values, units = defaultdict[str, list[Any]](list), dict[str, str]()
    for batch in batches:
        check_batch(batch)
        for channel, column in zip(batch.channels, batch.values, strict=True):
            name = f"{batch.stream}/{channel.name}" if batch.stream else channel.name
            there = column if channel.kind is Kind.TEXT else column[~is_absent(column)]
            values[name] += there.tolist()
            if channel.unit and (channel.kind is not Kind.TIME or name in sample.units):
                units[name] = channel.unit
    expected = {name: list(column) for name, column in sample.values.items()}
    same = expected.keys() == values.keys() and all(_same_values(expected[name], values[name]) for name in expected)
    expect(same, f"{sample.title}: expected the values {expected}, found {dict(values)}")
    expect(units == dict(sample.units), f"{sample.title}: expected the units {dict(sample.units)}, found {units}")


def _same_values(expected: Sequence[Any], found: Sequence[Any]) -> bool:
    return len(expected) == len(found) and all(map(_same_value, expected, found))


def _same_value(expected: Any, found: Any) -> bool:
    if isinstance(expected, str) or isinstance(found, str):
        return bool(expected == found)
    return math.isclose(expected, found, rel_tol=1e-12) or (math.isnan(expected) and math.isnan(found))
