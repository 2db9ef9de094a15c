"""What needs minutes: the memory of the last ones, and what it says of the next. Pure; ALERTS keeps the memory and publishes the rest."""
