"""What makes programs for Windows on Linux (mingw-w64): the interpreter of the tests, and the installer's question."""

COMPILER = "x86_64-w64-mingw32-gcc"
