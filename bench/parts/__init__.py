"""Questions of their own, each a file: `make bench ONLY=NAME`."""
