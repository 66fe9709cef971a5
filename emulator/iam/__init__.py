"""IAM: authentication, policy evaluation and AWS's messages for denied requests."""
