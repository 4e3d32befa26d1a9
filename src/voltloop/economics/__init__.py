"""Cost and revenue of what is done with a battery."""
