/* SPDX-License-Identifier: BSD-3-Clause */
/* Power, reset and sleep registers: what a VM does to them concerns that VM; the machine is the
 * hypervisor's. */
#include "hv/host.h"
#include "hv/hw.h"
#include "hv/pci.h"
#include "hv/watchdog.h"

#define PM1_SCI_ENABLE  0x0001u
#define PM1_BUS_MASTER  0x0002u
#define PM1_SLEEP_TYPE  10 /* shift of a 3-bit field */
#define PM1_SLEEP       0x2000u
#define SMI_ENABLE_AT   0x30u /* from the PM1 event block, ICH9 §13.8.3: SMI_EN and SMI_STS */
#define SMI_ENABLE_SIZE 8u
#define TCO_AT          0x60u
#define TCO_SIZE        0x20u
#define LPC_BRIDGE      PCI_BDF(0, 31, 0)

#define CF9        0xCF9u
#define CF9_SYSTEM 0x02u
#define CF9_RESET  0x04u
#define CF9_FULL   0x08u

#define I8042_DATA         0x60u
#define I8042_COMMAND      0x64u
#define I8042_WRITE_OUTPUT 0xD1u
#define I8042_PULSE        0xF0u /* low nibble: the lines that are NOT pulsed; line 0 is reset */
#define I8042_RESET        0xFEu

static struct {
    /* Registers that only remember; a VM's own CPUs racing here confuse nobody else. */
    uint8_t cf9, port92;
    bool swallow; /* the next byte to 60h would go to the i8042's output port: reset, A20 */
} power;

static void ask(const struct io_access *io, enum bn_hv_end how, const char *by)
{
    vm_event(io->vcpu->vm, "guest asks for %s by %s",
             how == BN_HV_END_POWER_OFF ? "power off"
             : how == BN_HV_END_RESET   ? "reset"
                                        : "sleep",
             by);
    policy_vm_ended(io->vcpu->vm, how);
}

/* A register that remembers the `kept` bits; `trigger` resets when it goes from 0 to 1. */
static void reset_register(struct io_access *io, uint8_t *reg, uint8_t trigger, uint8_t kept,
                           const char *by)
{
    bool reset = io->write && io->value & trigger && !(*reg & trigger);

    if (!io->write)
        io->value = *reg;
    else
        *reg = reset ? 0 : (uint8_t)io->value & kept;
    if (reset)
        ask(io, BN_HV_END_RESET, by);
}

/* PM1a (device null) and PM1b control; bytes 2 (both) or 1: the sleep bit is in the upper one,
 * which alone still counts. */
static void pm1_control(struct io_access *io)
{
    uint16_t port = (uint16_t)(io->address - io->offset);
    uint32_t value = (uint32_t)io->value;
    bool off;

    if (!io->write) {
        io->value = (uint64_t)hw_in16(port) >> 8 * io->offset;
        return;
    }
    if (io->offset)
        value = value << 8 | (hw_in16(port) & PM1_SCI_ENABLE);
    if (value & PM1_SLEEP) {
        off = !acpi_info.has_s5 || (value >> PM1_SLEEP_TYPE & 7) == acpi_info.s5_type[!!io->device];
        ask(io, off ? BN_HV_END_POWER_OFF : BN_HV_END_SLEEP,
            io->device ? "PM1b control" : "PM1a control");
        return;
    }
    /* Neither sleep types nor the release to the firmware's SMI handler. */
    hw_out16(port, (uint16_t)(value & (PM1_SCI_ENABLE | PM1_BUS_MASTER)));
}

void power_cf9(struct io_access *io)
{
    reset_register(io, &power.cf9, CF9_RESET, CF9_SYSTEM | CF9_RESET | CF9_FULL, "port CF9");
}

static void i8042_data(struct io_access *io)
{
    if (!io->write)
        io->value = hw_in8(I8042_DATA);
    else if (!power.swallow)
        hw_out8(I8042_DATA, (uint8_t)io->value);
    power.swallow &= !io->write;
}

static void i8042_command(struct io_access *io)
{
    uint8_t command = (uint8_t)io->value;

    if (!io->write) {
        io->value = hw_in8(I8042_COMMAND);
        return;
    }
    power.swallow = command == I8042_WRITE_OUTPUT; /* that command never reaches the chip */
    if (command < I8042_PULSE && !power.swallow)
        hw_out8(I8042_COMMAND, command);
    else if (!(command & 1))
        ask(io, BN_HV_END_RESET, "port 64");
}

static void port_92(struct io_access *io)
{
    reset_register(io, &power.port92, 1, 0xFD, "port 92");
    io->value |= 2; /* address line 20 is always on */
}

/* Registers a VM may look at and not change. */
static void read_only(struct io_access *io)
{
    if (!io->write)
        io->value = hw_in((uint16_t)io->address, io->bytes);
    else
        vm_log(io->vcpu->vm, "write of %#lx to port %#lx ignored", io->value, io->address);
}

/* ACPI mode on is the one call to the firmware that must work. */
static void smi_command(struct io_access *io)
{
    if (io->write && !io->offset && io->bytes == 1 && io->value == acpi_info.acpi_enable)
        hw_out8((uint16_t)io->address, (uint8_t)io->value);
    else
        read_only(io);
}

static void reset_port(struct io_access *io)
{
    if (io->write && (uint8_t)io->value == acpi_info.reset_value)
        ask(io, BN_HV_END_RESET, "the ACPI reset register");
}

/* A reset register in memory: the rest of its page goes through. */
static void reset_page(struct io_access *io)
{
    uint64_t reg = acpi_info.reset_address;

    if (io->bytes > 4 || io->address % io->bytes)
        return;
    if (!io->write)
        io->value = hw_mmio_read(io->address, io->bytes);
    else if (io->address > reg || io->address + io->bytes <= reg)
        hw_mmio_write(io->address, io->bytes, (uint32_t)io->value);
    else
        ask(io, BN_HV_END_RESET, "the ACPI reset register");
}

/* One in configuration space of a chipset function needs nothing: writes there are refused. */
static void add_reset_register(struct vm *vm)
{
    uint64_t address = acpi_info.reset_address;

    if (!acpi_info.reset_supported || address == CF9 || address == I8042_COMMAND || address == 0x92)
        return;
    if (acpi_info.reset_space == 1)
        vm_add_pio(vm, (uint16_t)address, 1, reset_port, NULL);
    else if (acpi_info.reset_space == 0)
        vm_add_mmio(vm, address & ~0xFFFull, 0x1000, reset_page, NULL);
}

void power_init(struct vm *vm)
{
    uint16_t base = acpi_info.pm1a_event;

    power.cf9 = power.port92 = 0;
    power.swallow = false;
    vm_add_pio(vm, I8042_DATA, 1, i8042_data, NULL);
    vm_add_pio(vm, I8042_COMMAND, 1, i8042_command, NULL);
    vm_add_pio(vm, 0x92, 1, port_92, NULL);
    if (acpi_info.smi_command)
        vm_add_pio(vm, (uint16_t)acpi_info.smi_command, 2, smi_command, NULL);
    if (acpi_info.pm1a_control)
        vm_add_pio(vm, acpi_info.pm1a_control, 2, pm1_control, NULL);
    if (acpi_info.pm1b_control)
        vm_add_pio(vm, acpi_info.pm1b_control, 2, pm1_control, &power);
    if (base && pci_read(LPC_BRIDGE, 0, 2) == PCI_VENDOR_INTEL) {
        vm_add_pio(vm, base + SMI_ENABLE_AT, SMI_ENABLE_SIZE, read_only, NULL);
        vm_add_pio(vm, base + TCO_AT, TCO_SIZE, read_only, NULL);
    }
    add_reset_register(vm);
}

static uint16_t sleep_value(uint8_t type)
{
    return (uint16_t)((uint32_t)type << PM1_SLEEP_TYPE | PM1_SLEEP | PM1_SCI_ENABLE);
}

void power_off_machine(void)
{
    if (!acpi_info.has_s5)
        return;
    if (acpi_info.pm1a_control)
        hw_out16(acpi_info.pm1a_control, sleep_value(acpi_info.s5_type[0]));
    if (acpi_info.pm1b_control)
        hw_out16(acpi_info.pm1b_control, sleep_value(acpi_info.s5_type[1]));
}

void reset_machine(void)
{
    if (acpi_info.reset_supported && acpi_info.reset_space == 1)
        hw_out8((uint16_t)acpi_info.reset_address, acpi_info.reset_value);
    hw_out8(CF9, CF9_SYSTEM);
    hw_out8(CF9, CF9_SYSTEM | CF9_RESET);
    hw_out8(I8042_COMMAND, I8042_RESET);
    hw_triple_fault();
}
