"""What the operator serves: metrics to Prometheus, probes to the kubelet."""
