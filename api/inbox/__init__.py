"""Messages and callback requests that citizens leave."""
