"""What a Kubernetes API server knows and does, as far as that is needed offline: types, schema checks, rules."""
