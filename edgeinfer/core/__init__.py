"""Values and contracts, with no dependency but the standard library and numpy."""
