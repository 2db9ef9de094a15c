"""What people do, from one camera's tracks: one rule a file, each fed with every frame. Pure."""
