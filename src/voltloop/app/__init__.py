"""Use cases: the only place where engines meet."""
