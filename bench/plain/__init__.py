"""The control: the shop that an ordinary Django project would have, and nothing of ours.

It neither looks at the photos nor fsyncs them. A control that does less than an ordinary shop can
only make our own figures look worse.
"""
