"""IAM: who calls, what their policies allow, and AWS's words for a denial."""
