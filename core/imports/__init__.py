"""The life of a playlist import, as the table has it.

Owns `playlist_imports`, `import_keys` and `playlist_items`.

The API asks for imports, cancels and retries them (`requests`); workers claim them and say how far they are
(`claims`); the schedule finds what nobody works on (`due`). Nothing here commits.
"""
