"""What holds at this desk: every setting, where it came from, and what an IT department may set from outside.

Defaults < the desk's file < central's policy < Group Policy < the command line; what a preset sets goes with the
preset. No source goes below a floor: the whole is checked as if it stood in the file.
"""
