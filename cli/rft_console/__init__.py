"""A local web page over one deployed stack: `rft console`. Needs the extra `console`."""
