"""The operator's commands: one file per command of `manage.py`, named for it."""
