"""What runs a model: one file per interpreter."""
