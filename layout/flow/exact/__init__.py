"""Exact solutions of small lines and queues, and approximations of long ones whose errors are known; no simulation.

Rates are per unit of time, whatever that unit is (the recogniser uses seconds); buffers count waiting places and leave
the machines' own places out; blocking after service; unless a function says otherwise.
"""
