"""What users save: sources, mappings, synchronizations."""
