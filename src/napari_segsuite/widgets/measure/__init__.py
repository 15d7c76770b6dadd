"""The Metrics dock: two Labels layers scored, live while one paints."""
