"""What happens to a published answer: corrections and swap rounds."""
