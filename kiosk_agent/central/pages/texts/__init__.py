"""The texts of the pages: key → (Japanese, English), a module for each group of pages."""
