"""Pages, style sheets and scripts."""
