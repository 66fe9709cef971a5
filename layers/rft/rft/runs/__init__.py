"""Rules about runs: their ids and their statuses. Pure."""
