"""CSV and Parquet become a recording."""
