"""The engine of a job: its request, deadline, circuit breaker, rollouts and metrics."""
