"""The door for machines: REST over the verbs of the desk."""
