"""The control plane: pure rules inside, ports outward, one use case per step."""
