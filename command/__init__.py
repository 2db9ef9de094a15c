"""The command post's page: a picture of each mode, kept from its topics, and the acts that people take on it."""
