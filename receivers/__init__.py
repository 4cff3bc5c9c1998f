"""Live feeds into the spool, a file a feed; a processor names its receiver in `receiver`."""
