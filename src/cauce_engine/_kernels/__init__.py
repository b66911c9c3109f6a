"""Compiled loops, one file per algorithm. Each takes arrays and returns arrays; nothing else imports numba."""
