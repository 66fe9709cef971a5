"""`python -m rft_cli`."""

from rft_cli.app import main

main()
