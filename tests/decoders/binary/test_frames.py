from __future__ import annotations

import numpy as np

from stripchart.decoders.binary.frames import FrameList, Frames
from stripchart.flow.records import Chunk


def listed(held: int, chunks: list[Chunk], *blocks: tuple[bytes, list[int]], keep: int = 2) -> Frames:
    found = FrameList(keep, held, 500, chunks)
    for data, ends in blocks:
        found.add(np.frombuffer(data, np.uint8).reshape(len(ends), -1), np.array(ends, np.int64))
    return found.finish()


def test_frames_that_ended_in_one_chunk_are_spread_over_it():
    chunks = [Chunk(b"x" * 10, 1000, 600), Chunk(b"x" * 10, 2000, 1000)]
    found = listed(0, chunks, (b"ab-cd-", [5, 10]), (b"ef", [15]))
    assert found.data.tolist() == [[97, 98], [99, 100], [101, 102]]
    assert found.time.tolist() == [800, 1000, 2000]


def test_those_that_had_arrived_before_keep_their_time():
    assert listed(4, [Chunk(b"x" * 4, 1000, 500)], (b"abcd", [4, 8])).time.tolist() == [500, 1000]


def test_without_a_start_all_have_the_time_of_the_chunk():
    assert listed(0, [Chunk(b"x" * 4, 1000)], (b"abcd", [2, 4])).time.tolist() == [1000, 1000]


def test_chunks_in_which_nothing_ended():
    chunks = [Chunk(b"x", 700, 600), Chunk(b"", 800, 700), Chunk(b"x", 900, 800)]
    assert listed(0, chunks, (b"ab", [2])).time.tolist() == [900]


def test_nothing():
    found = listed(3, [Chunk(b"x", 700)])
    assert (found.data.shape, found.time.shape, found.time.dtype) == ((0, 2), (0,), np.int64)
