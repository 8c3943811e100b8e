"""Finding out what a stream of bytes speaks."""
