"""The demonstration, written into an empty base by the owner: people, calls, files in every state, a year already paid."""

from demo.seed.run import seed

__all__ = ["seed"]
