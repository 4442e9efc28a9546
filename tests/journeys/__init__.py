"""Whole stories on real services: weeks of days, and input that means harm."""
