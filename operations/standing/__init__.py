"""How jobs are: what `manage.py status` reads and how it shows it."""
