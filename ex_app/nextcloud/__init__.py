"""What the ExApp asks of the Nextcloud that installed it."""
