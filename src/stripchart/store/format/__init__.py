"""What a recording is made of, and how it becomes bytes: docs/recording-format.md in Python."""
