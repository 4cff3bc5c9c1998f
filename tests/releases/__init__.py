"""What jobs of each release left when they were killed: a folder for each release, a file for each source.

`python -m tests.releases` adds the folder of this one, before it is tagged; the other folders stay as they are.
"""
