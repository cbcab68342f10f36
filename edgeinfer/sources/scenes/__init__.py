"""Drawn scenes: each a pure function of seed, time and size."""
