"""How each dataset format is read, prompted, grouped and probed. Pure; one file per task."""
