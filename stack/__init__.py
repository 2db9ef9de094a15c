"""The embedded machine: all that one computer needs to run the streams without docker."""
