"""The decoders and their registry."""
