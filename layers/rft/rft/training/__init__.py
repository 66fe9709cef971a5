"""Job logic: the request, time limits, circuit breaker, rollouts and metrics."""
