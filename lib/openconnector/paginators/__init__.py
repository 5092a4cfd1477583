"""The paginators and their registry."""
