"""CloudWatch: what is measured, and alarms that fire by it."""
