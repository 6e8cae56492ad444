"""The session machine: events in, commands out, time as an argument. No clock, I/O, asyncio or logging."""
