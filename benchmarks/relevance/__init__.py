"""How well what is found is what was meant."""
