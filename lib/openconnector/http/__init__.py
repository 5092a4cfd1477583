"""Outgoing HTTP: guarded, bounded, retried, logged."""
