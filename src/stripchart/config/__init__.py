"""What a user asked for, read and checked: sources as URLs with options, and monitors as TOML files."""
