"""Measurements against baselines in the same run; printed, never asserted."""
