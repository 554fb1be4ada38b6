"""The embedded default: real PostgreSQL and Redis from wheels, one supervisor.

`python -m portal.stack up` runs everything, `services` only the two servers, and
`run -- COMMAND` a command on fresh ones in a temporary folder. For Linux and macOS:
it uses process groups, file locks and Unix sockets.
"""
