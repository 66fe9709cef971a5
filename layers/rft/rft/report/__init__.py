"""The run report: `report.json`, and `report.html` rendered from it."""
