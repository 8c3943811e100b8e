"""The command ``stripchart``."""
