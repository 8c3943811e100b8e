"""One writer a recording: rows gather, blocks and sums are written, the oldest is forgotten."""
