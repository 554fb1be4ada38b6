"""The neighbour: the national population database, compared by four fields.

``protocol`` says what goes over the wire, ``client`` sends it, ``neighbour`` picks who
answers, ``work`` asks for waiting rows of the outbox, ``runs`` compares everybody,
``results`` writes what was said. Only workers ask; a request never does.
"""
