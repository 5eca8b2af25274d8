// Autograd: see Documentation/Explanation/Architecture.md.
