# SPDX-License-Identifier: BSD-3-Clause
"""The virtual NUC: an emulated machine with screens, keyboard, sound card and UARTs, driven by tests and by `make demo`."""
from .config import NucConfig
from .machine import Nuc, NucError
from .serial import Serial, SerialTimeout

__all__ = ["Nuc", "NucConfig", "NucError", "Serial", "SerialTimeout"]
