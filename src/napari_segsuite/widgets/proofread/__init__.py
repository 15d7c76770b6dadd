"""The Proofread dock: corrections of objects in any Labels layer."""
