"""What people read: lines, tables and charts from the answers of API and graders."""
