"""From what was done to a chain that nobody can change unseen: entries, hashes, signed roots."""
