"""A stand-in for a Mastodon instance, its streams and timelines, for `manage.py feed --mastodon-port` and the tests."""
