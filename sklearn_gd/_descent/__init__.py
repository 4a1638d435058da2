"""The descent: the update rule, the loop around it, and when to stop."""
