"""All code that uses or patches moto's private names; moto's version is pinned because of it."""
