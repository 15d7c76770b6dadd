"""The safety net under painting: journals, recovery, saving."""
