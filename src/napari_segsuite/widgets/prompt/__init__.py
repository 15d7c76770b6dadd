"""The Prompt dock: click an object, get its mask."""
