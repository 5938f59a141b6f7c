# Guests and modules that only tests use.
include tests/guests/linux.mk tests/guests/bare.mk $(wildcard tests/guests/*/*.mk)
