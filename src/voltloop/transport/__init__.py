"""Distances, times and emissions between places."""
