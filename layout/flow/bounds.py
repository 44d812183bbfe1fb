"""x"""
def bound(line, moves): return 0.0
