// MedIO: see Documentation/Explanation/Architecture.md.
