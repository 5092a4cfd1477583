"""OpenConnector's engine: reads records from sources, maps them, keeps targets in step."""
