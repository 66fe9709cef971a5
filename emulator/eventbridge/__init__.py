"""EventBridge: the default bus, what its targets are given, and schedules."""
