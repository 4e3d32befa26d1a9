"""The battery table and the reading of messy lists."""
