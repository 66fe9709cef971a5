"""A run's results on one page: `report.json`, and `report.html` made of nothing else."""
