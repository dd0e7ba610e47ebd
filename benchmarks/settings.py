"""The settings of the demonstration, with the floor's pages and a count of queries in the answer's headers."""

from config.settings import *  # noqa: F403
from config.settings import MIDDLEWARE

ROOT_URLCONF = "benchmarks.urls"
MIDDLEWARE = ["benchmarks.floor.CountQueries", *MIDDLEWARE]
ACCOUNT_RATE_LIMITS = False
