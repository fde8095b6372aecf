"""What a command was given and cannot be done."""


class Misuse(Exception):
    """What was asked for cannot be: a line for the user."""
