"""The door for people: pages made on the server over the verbs of the desk."""
