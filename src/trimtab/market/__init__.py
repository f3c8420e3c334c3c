"""What the world says: securities, and the names they are spoken of by."""
