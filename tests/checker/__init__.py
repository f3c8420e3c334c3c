"""An independent checker of a run: it reads the tables in and the tables out, and shares no code with the engine."""
