"""Corrections of label arrays: which pixels change, and to what.

Nothing here changes an array; each function returns a `Change`, so that whoever holds
the array can write it, and take it back.
"""
