"""Second mocks of the three services, written from the protocol pages alone: see README.md."""
