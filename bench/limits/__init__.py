"""How fast each part could be at best, alone: a program each, run as the peers are."""
