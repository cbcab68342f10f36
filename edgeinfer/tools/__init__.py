"""One question each: a report comes back, nothing is printed."""
