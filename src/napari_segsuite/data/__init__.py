"""Arrays, files, painted labels and sample data."""
