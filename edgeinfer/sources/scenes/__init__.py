"""Drawn scenes: each a pure function of seed, frame number and size."""
