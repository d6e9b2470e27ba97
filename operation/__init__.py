"""From a fresh machine to a running system: environments, the trained dialogue, processes."""
