"""What a request on the wire needs: actions, resources and condition keys, by service.

Service Authorization Reference, one page for each service.
"""
