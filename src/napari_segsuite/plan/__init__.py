"""Self-configuration: the plan of a network, chosen from the data at hand."""
