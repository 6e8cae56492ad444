"""A nation of desks that are not there: for demonstrations and for load."""
