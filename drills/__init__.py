"""Drills: what was recorded is replayed, in a mode of its own."""
