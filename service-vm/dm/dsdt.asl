// SPDX-License-Identifier: BSD-3-Clause
// The devices of the VM that have no configuration space of their own; addresses as in layout.h.
DefinitionBlock ("dsdt.aml", "DSDT", 2, "BINNCL", "COCKPIT", 1)
{
    Name (\_S5, Package () { 5, 5, 0, 0 })

    Scope (\_SB)
    {
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A08"))
            Name (_CID, EisaId ("PNP0A03"))
            Name (_UID, 0)
            Name (_BBN, 0)
            Name (_CRS, ResourceTemplate ()
            {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0, 0, 0, 1)
                IO (Decode16, 0xCF8, 0xCF8, 1, 8)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite,
                    0, 0x80000000, 0xDFFFFFFF, 0, 0x60000000)
                QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Prefetchable, ReadWrite,
                    0, 0x1000000000, 0x1FFFFFFFFF, 0, 0x1000000000)
            })
        }

        Device (MBRD) // what nobody else may use
        {
            Name (_HID, EisaId ("PNP0C02"))
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xE0000000, 0x00100000)
                IO (Decode16, 0x600, 0x600, 1, 12)
                IO (Decode16, 0x510, 0x510, 1, 2)
                IO (Decode16, 0xF4, 0xF4, 1, 4)
                IO (Decode16, 0x92, 0x92, 1, 1)
            })
        }

        Device (RTC0) // time only: no alarm interrupt
        {
            Name (_HID, EisaId ("PNP0B00"))
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, 0x70, 0x70, 1, 2)
            })
        }

        Device (COM1)
        {
            Name (_HID, EisaId ("PNP0501"))
            Name (_UID, 1)
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, 0x3F8, 0x3F8, 1, 8)
                IRQNoFlags () { 4 }
            })
        }
    }
}
