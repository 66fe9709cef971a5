"""The control plane's own code: rules inside, ports outward, one use case per step."""
