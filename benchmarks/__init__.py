"""Benchmarks: one file a question, run as ``python -m benchmarks.NAME`` from the project's folder (see README.md)."""
