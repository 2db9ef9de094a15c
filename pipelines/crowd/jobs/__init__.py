"""One Flink job a file, its SQL beside it."""
