"""The source kinds and their registry."""
