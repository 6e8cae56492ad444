"""The demonstration: the incident of 2022–23 replayed on the practice portal, with the real agent in the way."""
