"""The compiled search: ruin and recreate over arrays."""
