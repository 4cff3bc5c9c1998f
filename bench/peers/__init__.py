"""What people would use instead of casestream: a program each, written as well as its own users would write it.

Each is run as `python -m bench.peers.NAME TASK` (`bench.task`) and imports nothing of casestream.
"""
