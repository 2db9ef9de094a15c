"""What runs in a peer's own environment: scripts that import the peer and nothing of Muster."""
