"""Rows of memory and of the record together, for panels, for other programs and to keep."""
