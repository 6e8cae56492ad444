"""A desk's events as times and kinds: what of them is kept, the file, and who writes it."""
