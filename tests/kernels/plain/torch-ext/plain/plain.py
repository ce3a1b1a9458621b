# A module named like its package.
def twice(x):
    return x + x
