"""Training of what is shipped: the encoder and the confidence."""
