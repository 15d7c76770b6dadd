"""The ``segsuite`` command: what the docks do, on files and folders."""
