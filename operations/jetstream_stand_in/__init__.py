"""A stand-in for Jetstream, Bluesky's feed as JSON, for `manage.py feed --bluesky-port` and the tests."""
