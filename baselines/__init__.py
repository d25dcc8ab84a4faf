"""The methods that are compared: one file each, see protocol.py for what a method is."""
