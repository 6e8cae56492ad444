"""Figures: medians and p95 over many runs, with the browser's own share named. Benchmarks, not tests."""
