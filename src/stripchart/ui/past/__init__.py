"""The record as pages show it: the past beyond memory, the overview of the whole, and what happened."""
