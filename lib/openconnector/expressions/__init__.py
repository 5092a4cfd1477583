"""Paths, templates and conditions: compiled once, pure."""
