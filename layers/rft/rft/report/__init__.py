"""What a run found, on one page: `report.json`, and `report.html` made of nothing else."""
