"""EventBridge: the default bus, target inputs, delivery and schedules."""
