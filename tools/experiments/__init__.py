"""Runs behind docs/experiments.md."""
