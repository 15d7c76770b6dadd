"""Who carries jobs out: this process, or a worker process."""
