r"""NMEA 0183: what GPS receivers, compasses and the instruments of boats send.

Grammar::

    sentence = ("$" | "!") address { "," field } [ "*" checksum ] end     end = \n, \r\n or \r
    address  = talker type                   two letters, and mostly three
    checksum = two hex digits                XOR of all between "$" and "*"

Each type of sentence is a stream, since each comes at its own time: ``GGA``, ``RMC``, ``VTG``. A receiver of satellites
changes its talker with the systems in use (``GP``, ``GL``, ``GA``, ``GN``, ...), so these share a stream; any other
talker keeps its own, as several instruments may be on one wire: ``SDDBT``, ``IIMWV``. The known types are in ``forms``;
beyond them

- the parts of a ``GSV`` group make one row of ``GSV/GPS`` (satellites in view and tracked, mean and best SNR) and one
  of ``GSV/GPS/SNR``, with a channel for each satellite that is tracked;
- ``GSA`` tells of one system of satellites: ``GSA/GPS``; ``MWV`` of one kind of wind: ``MWV/true``;
- each transducer of ``XDR`` is a stream with the channel ``value``: ``IIXDR/Barometer``;
- ``TXT`` is log text; ``ZDA`` only tells the date; reports of ships (AIS) are passed over;
- any other sentence, also a manufacturer's own, gives its plain numbers: ``field 1``, ``field 2``, ...

``RMC`` and ``ZDA`` tell the date, and with it ``GGA`` and others the instant; without one they have no time.

Traps, and what becomes of them:

- Without a fix (status V, quality 0, mode N) a row has no position, altitude, speed, course or time, but says so.
- An empty field is left out of its row, and so is a number with another unit than its sentence has.
- A speed in knots stays in knots (``kn``); km/h, feet and fathoms are only read where there is nothing else.
- A wrong checksum rejects the sentence. One without is read until the first came that has a good one: from then on it
  has lost its end.
- Sentences that run together are told apart, and one that another cuts off is rejected. What stands between them is log
  text if it reads like words, else rejected.
"""

from stripchart.decoders.nmea.decoder import SIGNATURE, NmeaDecoder

__all__ = ["SIGNATURE", "NmeaDecoder"]
