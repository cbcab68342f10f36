"""What reads the machine: one file per kind of sensor."""
