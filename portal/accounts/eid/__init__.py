"""The national e-ID by OpenID Connect: one way in, never the only one."""
