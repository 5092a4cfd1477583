"""The target kinds and their registry."""
