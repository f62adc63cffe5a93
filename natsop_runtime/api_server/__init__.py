"""The client of the API server: configuration, connection, requests and typed errors."""
