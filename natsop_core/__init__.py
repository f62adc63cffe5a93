"""natsop_core: pure functions from custom resources to Kubernetes objects, nats.conf and status."""
