/* SPDX-License-Identifier: BSD-3-Clause */
/* Power, reset and sleep registers: what a VM does to them concerns that VM; the machine is the
 * hypervisor's. */
#include "hv/power.h"
#include "hv/hw.h"
#include "hv/log.h"
#include "hv/pci.h"

#define PM1_SCI_ENABLE  0x0001u
#define PM1_BUS_MASTER  0x0002u
#define PM1_SLEEP_TYPE  10 /* shift of a 3-bit field */
#define PM1_SLEEP       0x2000u
#define SMI_ENABLE_AT   0x30u /* from the PM1 event block, ICH9 §13.8.3: SMI_EN and SMI_STS */
#define SMI_ENABLE_SIZE 8u
#define TCO_AT          0x60u
#define TCO_SIZE        0x20u
#define LPC_BRIDGE      PCI_BDF(0, 31, 0)
#define VENDOR_INTEL    0x8086u

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
    const struct acpi_info *info;
    /* Registers that only remember; a VM's own CPUs racing here confuse nobody else. */
    uint8_t cf9, port92;
    bool swallow; /* the next byte to 60h would go to the i8042's output port: reset, A20 */
} power;

static void ask(struct vcpu *vcpu, enum power_kind kind, const char *by)
{
    static const char *const what[] = {"power off", "reset", "sleep", "shutdown"};

    vm_event(vcpu->vm, "guest asks for %s by %s", what[kind], by);
    vm_guest_power(vcpu->vm, kind);
}

static void write_pm1(struct vcpu *vcpu, uint16_t port, unsigned which, uint32_t value)
{
    const struct acpi_info *info = power.info;

    if (value & PM1_SLEEP) {
        bool off = !info->has_s5 || (value >> PM1_SLEEP_TYPE & 7) == info->s5_type[which];

        ask(vcpu, off ? POWER_OFF : POWER_SLEEP, which ? "PM1b control" : "PM1a control");
        return;
    }
    /* Neither sleep types nor the release to the firmware's SMI handler. */
    hw_out16(port, (uint16_t)(value & (PM1_SCI_ENABLE | PM1_BUS_MASTER)));
}

/* Bytes 2 (both) or 1: the sleep bit is in the upper one, which alone still counts. */
static enum bn_status pm1_access(struct vcpu *vcpu, uint16_t port, unsigned which, uint64_t offset,
                                 unsigned bytes, bool write, uint64_t *value)
{
    if (!write)
        *value = (uint64_t)hw_in16(port) >> 8 * offset;
    else if (offset == 0 && bytes >= 2)
        write_pm1(vcpu, port, which, (uint32_t)*value);
    else if (offset == 0)
        write_pm1(vcpu, port, which, (uint8_t)*value);
    else if (offset == 1)
        write_pm1(vcpu, port, which,
                  (uint32_t)(uint8_t)*value << 8 | (hw_in16(port) & PM1_SCI_ENABLE));
    return BN_OK;
}

static enum bn_status pm1a_ports(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                                 bool write, uint64_t *value)
{
    (void)device;
    return pm1_access(vcpu, power.info->pm1a_control, 0, offset, bytes, write, value);
}

static enum bn_status pm1b_ports(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                                 bool write, uint64_t *value)
{
    (void)device;
    return pm1_access(vcpu, power.info->pm1b_control, 1, offset, bytes, write, value);
}

void power_cf9(struct vcpu *vcpu, bool write, uint64_t *value)
{
    if (!write) {
        *value = power.cf9;
        return;
    }
    if (*value & CF9_RESET && !(power.cf9 & CF9_RESET)) {
        power.cf9 = 0;
        ask(vcpu, POWER_RESET, "port CF9");
        return;
    }
    power.cf9 = (uint8_t)*value & (CF9_SYSTEM | CF9_RESET | CF9_FULL);
}

static enum bn_status i8042_data(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                                 bool write, uint64_t *value)
{
    (void)vcpu;
    (void)device;
    (void)offset;
    (void)bytes;
    if (!write) {
        *value = hw_in8(I8042_DATA);
        return BN_OK;
    }
    if (!power.swallow)
        hw_out8(I8042_DATA, (uint8_t)*value);
    power.swallow = false;
    return BN_OK;
}

static enum bn_status i8042_command(struct vcpu *vcpu, void *device, uint64_t offset,
                                    unsigned bytes, bool write, uint64_t *value)
{
    uint8_t command = (uint8_t)*value;

    (void)device;
    (void)offset;
    (void)bytes;
    if (!write) {
        *value = hw_in8(I8042_COMMAND);
        return BN_OK;
    }
    power.swallow = command == I8042_WRITE_OUTPUT; /* that command never reaches the chip */
    if (command < I8042_PULSE && !power.swallow)
        hw_out8(I8042_COMMAND, command);
    else if (!(command & 1))
        ask(vcpu, POWER_RESET, "port 64");
    return BN_OK;
}

static enum bn_status port_92(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                              bool write, uint64_t *value)
{
    bool reset = write && *value & 1 && !(power.port92 & 1);

    (void)device;
    (void)offset;
    (void)bytes;
    if (!write)
        *value = power.port92 | 2; /* address line 20 is always on */
    else
        power.port92 = reset ? 0 : (uint8_t)*value & 0xFD;
    if (reset)
        ask(vcpu, POWER_RESET, "port 92");
    return BN_OK;
}

static enum bn_status smi_command(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                                  bool write, uint64_t *value)
{
    uint16_t port = (uint16_t)power.info->smi_command;

    (void)device;
    if (!write)
        *value = hw_in(port + (uint16_t)offset, 1);
    else if (offset == 0 && bytes == 1 && *value == power.info->acpi_enable)
        hw_out8(port, (uint8_t)*value); /* ACPI mode on: the one call that must work */
    else
        vm_log(vcpu->vm, "write of %#lx to SMI port %#lx ignored", (unsigned long)*value,
               (unsigned long)(port + offset));
    return BN_OK;
}

/* Registers a VM may look at and not change: `device` is their first port. */
static enum bn_status read_only(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                                bool write, uint64_t *value)
{
    uint16_t port = (uint16_t)((uintptr_t)device + offset);

    if (!write)
        *value = hw_in(port, bytes);
    else
        vm_log(vcpu->vm, "write of %#lx to port %#x ignored", (unsigned long)*value, port);
    return BN_OK;
}

static enum bn_status reset_port(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                                 bool write, uint64_t *value)
{
    (void)device;
    (void)offset;
    (void)bytes;
    if (!write)
        *value = 0xFF;
    else if ((uint8_t)*value == power.info->reset_value)
        ask(vcpu, POWER_RESET, "the ACPI reset register");
    return BN_OK;
}

/* A reset register in memory: the rest of its page goes through. */
static enum bn_status reset_page(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                                 bool write, uint64_t *value)
{
    uint64_t reg = power.info->reset.address, at = (reg & ~0xFFFull) + offset;

    (void)device;
    if (bytes > 4 || at % bytes) {
        if (!write)
            *value = UINT64_MAX;
    } else if (!write) {
        *value = hw_mmio_read(at, bytes);
    } else if (at > reg || at + bytes <= reg) {
        hw_mmio_write(at, bytes, (uint32_t)*value);
    } else {
        ask(vcpu, POWER_RESET, "the ACPI reset register");
    }
    return BN_OK;
}

static enum bn_status add_reset_register(struct vm *vm, const struct acpi_info *info)
{
    uint64_t address = info->reset.address;

    if (!info->reset_supported || address == CF9 || address == I8042_COMMAND || address == 0x92)
        return BN_OK;
    if (info->reset.space == 1)
        return vm_add_pio(vm, (uint16_t)address, 1, reset_port, NULL);
    if (info->reset.space == 0)
        return vm_add_mmio(vm, address & ~0xFFFull, 0x1000, reset_page, NULL);
    return BN_OK; /* in configuration space of a chipset function: writes there are refused */
}

static enum bn_status add_pm_block(struct vm *vm, const struct acpi_info *info)
{
    bool intel = pci_read(LPC_BRIDGE, 0, 2) == VENDOR_INTEL;
    uint16_t base = info->pm1a_event;
    enum bn_status status = BN_OK;

    if (info->pm1a_control)
        status = vm_add_pio(vm, info->pm1a_control, 2, pm1a_ports, NULL);
    if (status == BN_OK && info->pm1b_control)
        status = vm_add_pio(vm, info->pm1b_control, 2, pm1b_ports, NULL);
    if (status != BN_OK || !intel || !base)
        return status;
    status = vm_add_pio(vm, base + SMI_ENABLE_AT, SMI_ENABLE_SIZE, read_only,
                        (void *)(uintptr_t)(base + SMI_ENABLE_AT));
    return status != BN_OK ? status
                           : vm_add_pio(vm, base + TCO_AT, TCO_SIZE, read_only,
                                        (void *)(uintptr_t)(base + TCO_AT));
}

enum bn_status power_init(struct vm *vm, const struct acpi_info *info)
{
    enum bn_status status;

    power.info = info;
    power.cf9 = power.port92 = 0;
    power.swallow = false;
    status = vm_add_pio(vm, I8042_DATA, 1, i8042_data, NULL);
    if (status == BN_OK)
        status = vm_add_pio(vm, I8042_COMMAND, 1, i8042_command, NULL);
    if (status == BN_OK)
        status = vm_add_pio(vm, 0x92, 1, port_92, NULL);
    if (status == BN_OK && info->smi_command)
        status = vm_add_pio(vm, (uint16_t)info->smi_command, 2, smi_command, NULL);
    if (status == BN_OK)
        status = add_pm_block(vm, info);
    return status == BN_OK ? add_reset_register(vm, info) : status;
}

static uint16_t sleep_value(uint8_t type)
{
    return (uint16_t)((uint32_t)type << PM1_SLEEP_TYPE | PM1_SLEEP | PM1_SCI_ENABLE);
}

void power_off_machine(void)
{
    const struct acpi_info *info = power.info;

    if (!info || !info->has_s5)
        return;
    if (info->pm1a_control)
        hw_out16(info->pm1a_control, sleep_value(info->s5_type[0]));
    if (info->pm1b_control)
        hw_out16(info->pm1b_control, sleep_value(info->s5_type[1]));
}

void reset_machine(void)
{
    const struct acpi_info *info = power.info;

    if (info && info->reset_supported && info->reset.space == 1)
        hw_out8((uint16_t)info->reset.address, info->reset_value);
    hw_out8(CF9, CF9_SYSTEM);
    hw_out8(CF9, CF9_SYSTEM | CF9_RESET);
    hw_out8(I8042_COMMAND, I8042_RESET);
    hw_triple_fault();
    __builtin_unreachable();
}
