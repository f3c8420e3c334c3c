"""The routes of the API, one resource a file; each file makes its router over a store."""
