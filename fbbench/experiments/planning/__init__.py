"""What is to be run: suites, memory budgets, and the cells they make. Trains nothing and reads no rows."""
