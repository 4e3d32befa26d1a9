"""The compiled search for tours, and what it works on.

Inner loops are handed the few arrays they read, not the whole problem: a call that hands on a tuple of fifty arrays
copies and counts references to all of them, which made a search fourteen times slower.
"""
