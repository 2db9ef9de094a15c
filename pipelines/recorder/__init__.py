"""RECORDER: cameras' video as it comes, in files that are kept for the plan's days."""
