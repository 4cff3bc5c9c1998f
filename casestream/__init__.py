"""What a data scientist installs and imports; the job itself is an application and is not part of the wheel.

Importing this is cheap: pandas, Arrow and pymongo are imported by the first call.
"""

from casestream.loader import coverage, iter_posts, load_batches, load_counts, load_posts

__version__ = "0.1.0"
__all__ = ["coverage", "iter_posts", "load_batches", "load_counts", "load_posts"]
