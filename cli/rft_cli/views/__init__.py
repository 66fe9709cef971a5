"""Renders responses of the API and results of graders as lines, tables and charts."""
