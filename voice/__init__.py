"""The telephone: doors for calls, recogniser, synthesiser, the call's rules and the training of the speech model."""
