"""A file for each kind of picture; each draws what it is given, a caption below it, into a PNG."""
