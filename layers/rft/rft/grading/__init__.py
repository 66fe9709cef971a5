"""The engine of every grader: grades a batch within its deadline, limits judge load, writes telemetry."""
