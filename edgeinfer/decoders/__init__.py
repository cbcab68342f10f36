"""Output tensors to findings: one file per model family."""
