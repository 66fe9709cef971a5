"""The engine of every grader: a batch inside its deadline, judges, their load, and telemetry."""
