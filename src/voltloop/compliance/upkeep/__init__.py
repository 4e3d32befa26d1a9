"""Keeping a rulebook in order: what changes, what is covered, what is wrong, how its files are written."""
