"""X's API v2 as tweepy speaks it, one connection at a time; `receivers.twitter` waits and decides between them."""
