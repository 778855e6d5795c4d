"""A simulated world with a known truth, as export files and, on loopback, as the services
themselves.

It stands beside the floors: no code outside this folder knows that it exists.
"""
