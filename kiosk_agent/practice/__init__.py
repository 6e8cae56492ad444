"""The practice portal: a small real web application for demonstration, training and tests."""
