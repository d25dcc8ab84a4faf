"""What rows say: means and intervals, tests, tables, claims and verdicts, the leaderboard."""
