// Contrastive: see Documentation/Explanation/Architecture.md.
