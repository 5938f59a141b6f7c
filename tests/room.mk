# Guests and modules that only tests use.
include $(wildcard tests/guests/*/*.mk)
