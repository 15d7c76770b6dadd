"""Model folders: weights and a card that is readable without torch."""
