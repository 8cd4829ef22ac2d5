"""Networks and servers that misbehave on request, one for each layer.

    tcp.py    bytes: late, lost, reset, a bit flipped     (a process of its own, told what to do)
    relay.py  how that process does it
    http.py   requests and answers: lost, spoiled, answered by somebody else    (threads of ours)

One behind the other, they do both.
"""
