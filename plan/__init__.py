"""The event plan: one YAML file that describes an event, validated, with a version hash that every alert cites."""
