"""Boona's rules: when a therapist may be contacted, with whom, and what follows.

A pure library: it reads no clock, no file, no network and no environment, and needs attrs and cattrs only.
"""
