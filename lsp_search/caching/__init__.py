"""Answers that are kept: in memory and on disk, for exactly as long as nothing that happens can change them.

``journal`` says what changed, ``answers`` keeps and finds, ``sieve`` bounds the memory, ``disk`` outlives a restart,
``prediction`` says what is asked next, ``idle`` does what can be done before it is asked.
"""
