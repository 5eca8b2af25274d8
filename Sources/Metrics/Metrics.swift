// Metrics: see Documentation/Explanation/Architecture.md.
