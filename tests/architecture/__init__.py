"""What must hold of the code as a whole: size, words, boundaries."""
