"""Rows leave as CSV, JSON or Parquet."""
