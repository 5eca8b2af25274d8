// Superpixel: see Documentation/Explanation/Architecture.md.
