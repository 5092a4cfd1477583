"""The `openconnector` command."""
