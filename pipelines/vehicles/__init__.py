"""Vehicles where people walk: evidence of wrong way and of driving towards people."""
