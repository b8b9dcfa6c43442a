"""What is made of measurements: history, trends, alerts."""
