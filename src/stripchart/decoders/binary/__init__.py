"""Binary frames: how they are found among bytes, checked, and read by a table of fields."""
