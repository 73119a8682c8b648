"""The player script: its source, what is built from it, and the routes that serve it."""
