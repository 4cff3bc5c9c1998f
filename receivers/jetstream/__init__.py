"""Jetstream, Bluesky's feed as JSON over a websocket (https://github.com/bluesky-social/jetstream)."""
