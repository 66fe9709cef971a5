"""Maps requests to the actions, resources and condition keys that they require, by service.

Source: Service Authorization Reference, one page per service.
"""
