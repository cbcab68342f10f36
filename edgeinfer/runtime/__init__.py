"""Time, threads and the ending: everything that runs the pipeline as a service."""
