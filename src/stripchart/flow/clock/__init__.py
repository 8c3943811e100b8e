"""The time of rows: that of their arrival, or what the device's own clock said."""
