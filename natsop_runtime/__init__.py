"""natsop_runtime: the thin shell around natsop_core that talks to Kubernetes and to a person's terminal."""
