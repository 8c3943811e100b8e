"""The record: what keeps samples, and gives them back."""
