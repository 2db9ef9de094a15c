"""Measures as pure functions, one a file; every stage may import them."""
