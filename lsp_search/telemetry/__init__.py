"""Clocks and counters under everything else; knows nothing of what it measures."""
