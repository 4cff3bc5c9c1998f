"""Mastodon's streaming API and timelines, as `receivers.mastodon` needs them."""
