"""The parts of a Kubernetes API server that are needed offline: types, schema validation, rules."""
