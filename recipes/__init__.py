"""How the starter weights of our own were made: one script per model, each resumable, each printing its figures.

``python -m recipes.<name>`` prepares the data, trains, measures and exports; a second call goes on where the first ended.
Working files lie in ``PLAY_HOME/recipes``, finished weights in ``core/models/starters``.
"""
