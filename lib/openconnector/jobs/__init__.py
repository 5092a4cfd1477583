"""What works in the background: runs claimed and carried out."""
