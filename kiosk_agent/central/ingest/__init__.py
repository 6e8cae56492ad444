"""Reports: taken, added up, and answered once they are durable."""
