"""A page served by the device itself: what it sees, what happened, and how it is set up."""
