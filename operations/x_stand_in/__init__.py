"""A stand-in for the part of X's API that a filtered stream needs, for `manage.py feed --x-port` and the tests."""
