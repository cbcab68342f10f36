"""What is known of a model: its card, its labels, its weights, its graph."""
