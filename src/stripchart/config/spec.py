"""What the user wrote about a source, and the source and decoder made of it.

A source is given as a URL, as a Python callable, as a ready object with ``open``, ``read`` and ``close``, or as a
``SourceSpec``, which ``source()`` makes and which holds all that can be said about one::

    source("serial:/dev/ttyUSB0", name="bench", baudrate=9600, decoder="csv")
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from stripchart.config.names import callable_name, check_name, default_name
from stripchart.config.options import Mistake, fill, locate
from stripchart.config.secrets import hide, redact_line, redact_url
from stripchart.errors import ConfigError
from stripchart.flow.clock.source import Clock, ClockOptions
from stripchart.flow.controls import Button, Controls, Ending
from stripchart.plugins import load
from stripchart.sources.url import split_given, split_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from stripchart.flow.contracts import Decoder, Source

SourceLike: TypeAlias = "str | SourceSpec | Callable[..., Any] | Source"

CLOCK_OPTIONS: Final = tuple(option.name for option in fields(ClockOptions))
SAID_BESIDE: Final = ("decoder", "decoder_options", "must_start", "ending", "buttons", *CLOCK_OPTIONS)
"""What can be said of any source, beside its own options."""
NO_CONTROLS: Final = Controls()


@dataclass(frozen=True, repr=False)
class SourceSpec:
    """A source as it was asked for; nothing is checked or opened yet.

    Attributes
    ----------
    given
        A URL, a callable, or a ready source.
    name
        Name of the source and of its streams; ``as_spec`` finds one if it is empty.
    decoder
        Name of the decoder; the source's own default if empty. A URL may say it as ``?decoder=csv``.
    options, decoder_options
        What the ``Options`` of the source and of the decoder take. A URL may say the source's as ``?baudrate=9600``.
        With those of the source go what ``ClockOptions`` takes, which every source has: ``time``, ``time_channel``,
        ``time_unit``, ``time_zone``.
    must_start
        Give up when the source is not there at the start, instead of waiting for it.
    controls
        What is offered to people who send to it: ``ending`` and ``buttons``.
    """

    given: str | Callable[..., Any] | Source
    name: str = ""
    decoder: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    decoder_options: Mapping[str, Any] = field(default_factory=dict)
    must_start: bool = False
    controls: Controls = NO_CONTROLS

    def __repr__(self) -> str:
        shown = f"SourceSpec({self.url!r}, name={self.name!r}, decoder={self.decoder!r}, options={hide(self.options)}"
        return f"{shown}, decoder_options={hide(self.decoder_options)}, must_start={self.must_start})"

    @property
    def url(self) -> str:
        """What to show for it, without secrets."""
        if isinstance(self.given, str):
            return redact_url(self.given) or "''"
        return redact_url(str(getattr(self.given, "url", ""))) or f"function:{callable_name(self.given)}"

    @property
    def chosen_decoder(self) -> str:
        """Name of the decoder that the user chose, here or in the URL; empty for the source's own default.

        Raises
        ------
        ConfigError
            If the URL is none.
        """
        return self.decoder or self._query().get("decoder", "")

    def build(self) -> tuple[Source, Decoder]:
        """Make the source and its decoder. Neither touches a device or a network before it is opened.

        Raises
        ------
        ConfigError
            With all mistakes, one a line.
        """
        built, mistakes = self.attempt()
        if built is None:
            raise self._refusal(mistakes)
        return built

    def clock(self) -> Clock:
        """Make what tells the time of its rows.

        Raises
        ------
        ConfigError
            With all mistakes in the clock's options, one a line.
        """
        given = {**self._query(), **self.options}
        options, mistakes = fill(ClockOptions, {key: given[key] for key in CLOCK_OPTIONS if key in given})
        if options is None:
            raise self._refusal(mistakes)
        return Clock(options)

    def _query(self) -> Mapping[str, str]:
        return split_url(self.given).query if isinstance(self.given, str) else {}

    def _refusal(self, mistakes: list[Mistake]) -> ConfigError:
        lines = (mistake.text if mistake.key == "url" else str(mistake) for mistake in mistakes)
        return ConfigError("\n".join(f"{self.url.removesuffix(':')}: {line}" for line in lines))

    def attempt(self) -> tuple[tuple[Source, Decoder] | None, list[Mistake]]:
        """Build, or return all mistakes; the key ``url`` stands for what is wrong with the source as given."""
        try:
            plan = _plan(self.given)
        except ConfigError as error:
            return None, [Mistake("url", str(error))]
        query = dict(plan.query)
        chosen = query.pop("decoder", "")
        twice = sorted(query.keys() & self.options.keys()) + ["decoder"] * bool(chosen and self.decoder)
        mistakes = [Mistake(key, "is given twice, in the URL and beside it") for key in twice]
        own = {**query, **self.options}
        clock = {key: own.pop(key) for key in CLOCK_OPTIONS if key in own}
        usual = _usual(self.chosen_decoder, plan.options)
        options, wrong = fill(plan.options, {**usual, **own}, also=SAID_BESIDE)
        mistakes += wrong + fill(ClockOptions, clock)[1]
        made: Source | None = None
        if options is not None:
            try:
                made = plan.make(options)
            except ConfigError as error:
                mistakes += [self._locate(line, plan.options) for line in str(error).splitlines()]
        decoder, wrong = self._decoder(self.chosen_decoder or getattr(made, "default_decoder", ""))
        mistakes += wrong + _unusable(self.controls, made)
        if mistakes or made is None or decoder is None:
            return None, mistakes
        return (made, decoder), []

    def _locate(self, message: str, options: type[Any]) -> Mistake:
        """Find the option that a source complains of; its message may begin with its URL, and shall show no secret."""
        bare = self.url.partition("?")[0]
        if isinstance(self.given, str):
            message = message.replace(self.given.partition("?")[0], bare)
        for prefix in (bare, bare.removesuffix(":")):
            message = message.removeprefix(f"{prefix}: ")
        mistake = locate(redact_line(message), options.__dataclass_fields__)
        return mistake if mistake.key else Mistake("url", mistake.text)

    def _decoder(self, name: str) -> tuple[Decoder | None, list[Mistake]]:
        if not name:  # the source could not be made, and would have told its default
            return None, []
        try:
            decoder = load("decoders", name)
        except ConfigError as error:
            return None, [Mistake("decoder", str(error))]
        options, wrong = fill(decoder.Options, self.decoder_options)
        try:
            return (None if options is None else decoder(options)), [m.below("decoder_options") for m in wrong]
        except ConfigError as error:
            return None, [Mistake("decoder_options", line) for line in str(error).splitlines()]


def _unusable(controls: Controls, made: Source | None) -> list[Mistake]:
    """Return what is wrong with the controls of a source of this kind."""
    if made is None or not controls.buttons:
        return []
    if not callable(getattr(made, "write", None)):
        return [Mistake("buttons", "nothing can be sent to such a source")]
    topics = bool(getattr(made, "topics", False))
    text = "is missing; it says where the message goes" if topics else "expected none, for such a source has no topics"
    wrong = [place for place, button in enumerate(controls.buttons) if bool(button.topic) != topics]
    return [Mistake(f"buttons[{place}].topic", text) for place in wrong]


def source(
    given: str | Callable[..., Any] | Source,
    /,
    *,
    name: str = "",
    decoder: str = "",
    must_start: bool = False,
    decoder_options: Mapping[str, Any] | None = None,
    ending: Ending | None = None,
    buttons: Iterable[Button] = (),
    **options: Any,
) -> SourceSpec:
    """Say more about a source than its URL or callable does; see ``SourceSpec`` and ``Controls`` for the arguments.

    >>> source("serial:/dev/ttyUSB0", time_channel="millis", time_unit="ms")
    SourceSpec('serial:/dev/ttyUSB0', name='', decoder='', options={'time_channel': 'millis', 'time_unit': 'ms'}, \
decoder_options={}, must_start=False)

    >>> source("mqtt://localhost/bench/#", name="bench", password="apple pie")
    SourceSpec('mqtt://localhost/bench/#', name='bench', decoder='', options={'password': '***'}, decoder_options={}, \
must_start=False)
    """
    controls = Controls(ending, tuple(buttons))
    return SourceSpec(given, name, decoder, options, dict(decoder_options or {}), must_start, controls)


def as_spec(given: SourceLike) -> SourceSpec:
    """Return the spec of anything that stands for a source, with a name.

    Raises
    ------
    ConfigError
        If it stands for none, or its name cannot be used.
    """
    spec = given if isinstance(given, SourceSpec) else SourceSpec(given)
    thing = spec.given
    if isinstance(thing, type) or not (isinstance(thing, str) or callable(thing) or is_source(thing)):
        expected = "a URL, a function, or an object with open, read and close"
        raise ConfigError(f"a source: expected {expected}, got {thing!r}")
    try:
        name = spec.name or default_name(thing)
    except ConfigError as error:
        raise ConfigError(f"{spec.url}: {error}") from error
    check_name(name)
    return replace(spec, name=name)


def is_source(thing: object) -> bool:
    """Say whether it has the methods of a source."""
    return all(callable(getattr(thing, method, None)) for method in ("open", "read", "close"))


@dataclass(frozen=True)
class _NoOptions:
    pass


class _Plan(NamedTuple):
    """How to make a source: ``make(options)``."""

    make: Callable[[Any], Source]
    options: type[Any]
    query: Mapping[str, str]


def _plan(given: Any) -> _Plan:
    if is_source(given):
        return _Plan(lambda _: given, _NoOptions, {})
    if callable(given):
        function = load("sources", "function")
        return _Plan(partial(function, given), function.Options, {})
    scheme, target, query = split_given(given)
    adapter = load("sources", scheme)
    more = {"scheme": scheme} if hasattr(adapter, "schemes") else {}
    return _Plan(partial(adapter, target, **more), adapter.Options, query)


def _usual(decoder: str, options: type[Any]) -> dict[str, Any]:
    """Return how the devices that a decoder is for set their source up, such as their baudrate."""
    try:
        usual = getattr(load("decoders", decoder), "usual", {}) if decoder else {}
    except ConfigError:
        return {}  # it is told where the decoder is built
    return {name: value for name, value in usual.items() if name in options.__dataclass_fields__}
