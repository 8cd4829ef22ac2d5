"""Benchmarks: the project beside what it replaces, interleaved in one run."""
