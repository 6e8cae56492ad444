"""What pages and exports read: compliance, ranking, trend, desks. Nothing here writes."""
