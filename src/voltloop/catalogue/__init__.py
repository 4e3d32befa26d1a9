"""Facts of the world, each with its source."""
