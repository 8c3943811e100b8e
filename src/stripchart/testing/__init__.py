r"""Contract suites for adapters: subclass one, say how to make yours, and let pytest run it.

::

    # test_modbus.py
    from stripchart.testing import DecoderContract, SourceContract

    class TestModbusSource(SourceContract):
        def make(self):
            return ModbusSource("//127.0.0.1:5020", ModbusSource.Options())

        def make_absent(self):  # optional
            return ModbusSource("//127.0.0.1:1", ModbusSource.Options())

        def stimulate(self):  # optional: make the opened source's device send something
            server.set_register(1, 42)

    class TestModbusDecoder(DecoderContract):
        samples = (b"1:42\n", b"2:17\n")

        def make(self):
            return ModbusDecoder(ModbusDecoder.Options())

Set a device or server up with pytest's fixtures. The inputs are random with fixed seeds, so a failure repeats.

A decoder may also list, as ``samples``, inputs and what they decode to, of which documentation can be made::

    @pytest.mark.parametrize("sample", ModbusDecoder.samples)
    def test_sample(sample):
        check_sample(ModbusDecoder, sample)
"""

from __future__ import annotations

from stripchart.testing.checks import TIME_NS
from stripchart.testing.decoders import DecoderContract
from stripchart.testing.samples import check_sample
from stripchart.testing.sources import SourceContract

__all__ = ["TIME_NS", "DecoderContract", "SourceContract", "check_sample"]
