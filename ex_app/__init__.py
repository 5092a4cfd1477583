"""The Nextcloud side of OpenConnector: it translates between AppAPI and the engine, and decides nothing."""
