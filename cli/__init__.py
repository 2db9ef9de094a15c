"""The muster commands."""
