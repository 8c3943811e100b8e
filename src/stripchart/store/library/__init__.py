"""Recordings as files in a folder: which there are, their names and notes, and how they go."""
