"""Rules: from findings to the events that a person asked for."""
