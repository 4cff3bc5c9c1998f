"""A file for each panel, or for a few that belong together: each is given a `Reading` and draws."""
