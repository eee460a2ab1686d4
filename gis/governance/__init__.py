"""The rules people decide, and nothing else: no database, no clock of its own."""
