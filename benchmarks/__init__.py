"""Benchmarks: `./muster bench NAME`. Each prints ratios or processor time, never a bound on wall-clock time."""
