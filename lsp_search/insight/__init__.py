"""What is made of clocks and counters: metrics, history, alerts, profiles."""
