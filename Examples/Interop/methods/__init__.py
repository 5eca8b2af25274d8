"""The compared methods in PyTorch, written from their papers: one step of each, as a reference for the Swift library."""
