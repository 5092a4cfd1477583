"""What happens in Nextcloud and wakes a synchronization: asked for by webhooks, noted when they come."""
