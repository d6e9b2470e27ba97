"""The hub: owns all state; the dialogue, the telephone, the web chat and the console are its clients."""
