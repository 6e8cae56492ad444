"""When offices are open: as it is written, kept, imported and set on a page."""
