"""The outgoing auth schemes and their registry."""
