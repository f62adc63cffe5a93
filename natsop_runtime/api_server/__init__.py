"""Everything between us and the API server: who we are, one request after the other, what its answers mean."""
