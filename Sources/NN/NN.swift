// NN: see Documentation/Explanation/Architecture.md.
