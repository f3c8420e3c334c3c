"""The schema by migration: plain SQL forward and back, run by Alembic."""
