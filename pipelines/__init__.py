"""The stages of Muster: each folder is one stage, each stage is one process type that meets the others on topics."""
