"""Tours that fetch batteries."""
