"""What the panels show beside lines, computed from samples: no I/O, no thread, no clock, nothing kept between calls.

All of it takes samples as they came, never rows that were reduced to extremes: a minimum and a maximum in place of a
hundred samples have another mean, another histogram and another spectrum.
"""
