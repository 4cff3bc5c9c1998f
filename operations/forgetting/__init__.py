"""`manage.py forget`: posts removed from everything that is stored."""
