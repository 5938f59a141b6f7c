# Guests and modules that only tests use.
include tests/guests/linux.mk $(wildcard tests/guests/*/*.mk)
