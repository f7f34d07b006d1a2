"""How the starter weights of our own were made: one script per model, each resumable.

``python -m recipes.<name>`` prepares, trains, measures and prints; a second call goes on where the first ended.
Working files lie in ``PLAY_HOME/recipes``, finished weights in ``core/models/starters``.
"""
