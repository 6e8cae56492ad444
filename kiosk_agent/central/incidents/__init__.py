"""What desks tell beside their counts: incidents, and the facts of visits where the policy wants them."""
