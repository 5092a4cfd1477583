"""Trying mappings out, checking them and proposing them: calculated in processes that may be killed."""
