"""What a processor finds of Node: built-in modules and a few packages, over Swell's JavaScript runtime.

Rules: a module is a JavaScript file here, with host functions of the Python file of its group where it needs any; it is
loaded when a processor imports it. What is missing is refused by name, with what to do.
"""
