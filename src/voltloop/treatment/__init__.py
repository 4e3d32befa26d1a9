"""What becomes of each battery."""
