"""MLflow's REST API (mlflow.org, "REST API")."""
