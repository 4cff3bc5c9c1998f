"""What a data scientist installs and imports; the job itself is an application and is not part of the wheel."""

__version__ = "0.1.0"
