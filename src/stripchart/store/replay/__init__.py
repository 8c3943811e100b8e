"""A recording as a source: it plays again."""

from stripchart.store.replay.source import ReplaySource

__all__ = ["ReplaySource"]
