"""How a record becomes another: one compiled function per mapping."""
