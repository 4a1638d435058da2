"""Code for processes of their own, in which a test measures memory.

What they allocate is not to be mixed with, nor limited in, the tests' process.
"""

# Notes in peak[0] the most anonymous memory from then on until done.set().
WATCH = """
import threading


def anonymous():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("RssAnon"))


peak, done = [0], threading.Event()


def watch():
    while not done.wait(0.001):
        peak[0] = max(peak[0], anonymous())
"""
