"""The only places that hold a client of another system; they never import a stage."""
