"""What the API server has, kept up to date by lists and watches."""
