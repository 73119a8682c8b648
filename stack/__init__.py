"""Everything on one machine: private PostgreSQL, RabbitMQ and Redis, and our processes around them.

supervisor (PyPI) keeps the processes; what is ours is where the servers come from, how their data is
prepared, in which order things start, and when they are ready.
"""
