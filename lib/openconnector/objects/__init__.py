"""The object stores behind `ports.ObjectStore`."""
