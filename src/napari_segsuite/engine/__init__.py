"""Everything that needs torch: networks, training, prediction."""
