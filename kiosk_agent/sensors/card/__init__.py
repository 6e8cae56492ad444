"""The card reader as a sense: is the card on it the one that this visit began with?

``identity`` and ``watch`` decide and are pure; ``pcsc`` is the door to the reader, ``monitor`` and ``reading`` use it
in threads of their own, and ``sense`` ties them together in the event loop.
"""
