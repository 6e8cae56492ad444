"""The native cover: windows above everything else, over every monitor, in a process of their own.

It stays small, because it runs beside every visit on old PCs: standard library and tkinter only, so it knows the
panels as plain JSON (:mod:`kiosk_agent.cover.panel`) and not as the agent's message types.

========  ===========================================================================================
panel     what a panel says, read from JSON
wrap      breaking Japanese and Western lines
shapes    smooth icons and corners without an imaging library
monitors  where the monitors are, and how large people want their text
controls  buttons and fields that a keyboard, a mouse and a finger can use
keyboard  nobody types into what lies beneath
face      one panel drawn on one monitor
window    the window above all others
loop      the supervisor's main loop, with and without a screen
door      the messages that show, change and hide the cover
========  ===========================================================================================
"""
