"""What the predecessor, the PHP app, exported, as our documents have it.

One module for each thing that is taken over. What would behave otherwise here is refused with the reason, what is
merely odd comes with a warning, and what there is no room for yet is left out by name.
"""
