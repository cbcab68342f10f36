"""Trackers: the same object keeps its number from frame to frame."""
