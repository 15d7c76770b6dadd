"""The dock that brings labels in from other programs, and out to them."""
