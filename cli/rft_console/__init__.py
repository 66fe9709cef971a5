"""A local web console for one deployed stack (`rft console`). Requires the extra `console`."""
