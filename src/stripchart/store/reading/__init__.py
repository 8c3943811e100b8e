"""Rows, pictures and sums out of a recording, for any number of readers."""
